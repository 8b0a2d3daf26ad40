# The packages, each checked against its hash
FROM python:3.12-slim-bookworm AS wheels
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.lock ./
RUN pip wheel --no-cache-dir --require-hashes --requirement requirements.lock --wheel-dir /wheels
COPY pyproject.toml README.md celeryconfig.py flowerconfig.py ./
COPY engine engine
COPY tasks tasks
COPY workers workers
RUN pip wheel --no-cache-dir --no-deps --no-index --find-links /wheels --wheel-dir /wheels .

# Only what runs: the tools for tests and checks stay behind
FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 augustan \
    && install --directory --owner augustan --mode 700 /data
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels augustan
ENV PYTHONUNBUFFERED=1 AUGUSTAN_DATA=/data
USER augustan
WORKDIR /home/augustan
VOLUME /data
CMD ["augustan", "--help"]
