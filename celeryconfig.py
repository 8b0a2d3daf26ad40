"""Celery's settings. Values only; what decides lives in the engine and the workers."""

from engine.domain.candle import pause_s
from tasks.configuration import load_celery_settings
from tasks.queues import egress_route, lane_queues

_settings = load_celery_settings()
_store = _settings.store

# ---- where -----------------------------------------------------------------------------------

# Without a known store a worker refuses to start (workers/celery_worker.py); other commands
# then look where a Redis usually is.
_NOWHERE = "redis://127.0.0.1:6379"
broker_url = _store.broker.celery_url() if _store.broker else f"{_NOWHERE}/1"
result_backend = _store.results.celery_url() if _store.results else f"{_NOWHERE}/2"

#: Redis hands out again what stays unacknowledged this long. Above the task time limit and
#: every countdown; Celery wants it in three places.
visibility_timeout = 600

broker_transport_options = {
    "visibility_timeout": visibility_timeout,
    "priority_steps": [0],  # Lanes are the priorities; four lists for each queue are of no use
    "unacked_restore_interval": 5,  # Look for such messages every five seconds, not hundred
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,  # The default waits for ever on a dead connection
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,  # A half-open connection is noticed within half a minute
    "deadletter_queue": "dead",  # Else a message that no queue takes vanishes without a word
    "client_name": "augustan",
}
result_backend_transport_options = {
    "visibility_timeout": visibility_timeout,
    "retry_policy": {
        "max_retries": 5,
        "interval_start": 0.1,
        "interval_step": 0.2,
        "interval_max": 1,
        "timeout": 10,
    },
    "additional_connection_errors": ("redis.exceptions.ReadOnlyError",),  # After a failover
}
if _store.broker and _store.broker.master:
    broker_transport_options["master_name"] = _store.broker.master
if _store.results and _store.results.master:
    result_backend_transport_options["master_name"] = _store.results.master

redis_socket_timeout = 10.0
redis_socket_connect_timeout = 5.0
redis_socket_keepalive = _store.results is None or _store.results.scheme != "unix"
redis_backend_health_check_interval = 10

broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # For ever; who supervises the process may decide otherwise
broker_channel_error_retry = True  # A full or failing-over Redis must not end a worker
broker_pool_limit = 20
broker_pool_acquire_timeout = 10  # An exhausted pool is an error, not a silent wait
task_publish_retry_policy = {
    "max_retries": 5,
    "interval_start": 0.1,
    "interval_step": 0.3,
    "interval_max": 1,
}

# ---- lanes -----------------------------------------------------------------------------------

#: Each lane once for every egress address: `submit`, and `submit@name` for another address.
task_queues = lane_queues(_settings)
task_create_missing_queues = False  # A typing error is an error, not a queue that nobody reads
task_default_queue = "monitor"
task_routes = (egress_route(_settings),)

# ---- tasks -----------------------------------------------------------------------------------

imports = (
    "tasks.orders",
    "tasks.signals",
    "tasks.monitoring",
    "tasks.positions",
    "tasks.portfolio",
    "tasks.archive",
    "tasks.emergency",
    "tasks.protection",
    "workers.celery_worker",
)

task_serializer = result_serializer = event_serializer = "json"
accept_content = result_accept_content = ["json"]

# Late acknowledgement starts a running task a second time whenever the broker connection
# drops, so it is off; what a lost message leaves behind, a sweep finds in the store.
task_acks_late = False
task_reject_on_worker_lost = True  # Only the late ones: a killed child's message comes back
task_acks_on_failure = True  # Failures end in the store, not in a loop
task_acks_on_timeout = True
# True loses a chord's body when a worker dies between storing a result and counting it
worker_deduplicate_successful_tasks = False

# The last resort; every request to an exchange has its own, shorter timeout
task_time_limit = 60
task_soft_time_limit = 45

task_ignore_result = True  # The truth is in the store; the completion chord alone keeps results
result_expires = 3_600
result_chord_expires = 172_800
result_chord_join_timeout = 3.0
result_extended = False  # No arguments in the result backend
result_backend_always_retry = True
result_backend_max_retries = 20
result_backend_thread_safe = True

# ---- workers ---------------------------------------------------------------------------------

worker_consumer = "workers.consumer:LastingConsumer"
worker_prefetch_multiplier = 1  # An order must not wait behind another worker's backlog
worker_disable_prefetch = True
worker_eta_task_limit = 1_000
# Killing a task in the middle of a request only makes another order in doubt
worker_cancel_long_running_tasks_on_connection_loss = False
# TERM drains: running tasks end by themselves or by their time limit. QUIT waits this long and
# no less (Celery sleeps it out), then stops; waiting messages are hints and may be lost.
worker_soft_shutdown_timeout = 10.0
worker_enable_soft_shutdown_on_idle = False
worker_max_tasks_per_child = None  # A new child means new connections in the middle of trading
worker_hijack_root_logger = False
worker_redirect_stdouts = False

# What Flower shows
worker_send_task_events = True
task_send_sent_event = True
task_track_started = True

enable_utc = True
timezone = "UTC"

# ---- beat ------------------------------------------------------------------------------------

# In memory: intervals of seconds need no diary, and a diary can be torn by a kill. Two beats
# are welcome; a guard in the store lets one tick of each kind through.
beat_scheduler = "tasks.scheduler:PatientScheduler"
beat_max_loop_interval = 1
beat_enable_remote_control = True  # `celery -A tasks inspect ping` asks beats, too
beat_remote_control_max_tick_age = 30

#: A tick is forgotten after this; none would replay a whole night. Long, since a late tick is as
#: good as a fresh one: where a busy lane lags behind by more than this, every tick would be thrown
#: away and no sweep would ever run again. How many wait is the scheduler's concern.
_EXPIRES_S = 1_800.0

beat_schedule = {
    # One tick for each length of candles that a strategy follows; by name, since a first argument
    # would be taken for an account
    **{
        f"candles of {interval}": {
            "task": "signals.process_candles",
            "kwargs": {"interval": interval},
            "schedule": pause_s(interval),
            "options": {"expires": _EXPIRES_S},
        }
        for interval in sorted({one.interval for one in _settings.strategies.values()})
    },
    "watch due orders": {
        "task": "monitoring.watch_due_orders",
        "schedule": _settings.execution.monitor_interval_ms / 1000,
        "options": {"expires": _EXPIRES_S},
    },
    "go on with emergency runs": {
        "task": "emergency.watch_emergencies",
        "schedule": 2.0,
        "options": {"expires": _EXPIRES_S},
    },
    "stop accounts by themselves": {
        "task": "emergency.watch_triggers",
        "schedule": 5.0,
        "options": {"expires": _EXPIRES_S},
    },
    "guard positions": {
        "task": "protection.watch_protections",
        "schedule": _settings.protection.sweep_interval_ms / 1000,
        "options": {"expires": _EXPIRES_S},
    },
    "publish the outbox": {
        "task": "monitoring.publish_outbox",
        "schedule": 2.0,
        "options": {"expires": _EXPIRES_S},
    },
    "process waiting signals": {
        "task": "monitoring.process_waiting_signals",
        "schedule": 2.0,
        "options": {"expires": _EXPIRES_S},
    },
    "keep the dead-man switch from its end": {  # Where it is on; the engine knows what is due
        "task": "monitoring.keep_alive",
        "schedule": 5.0,
        "options": {"expires": _EXPIRES_S},
    },
    "record portfolios": {  # The engine knows which are due
        "task": "monitoring.record_portfolios",
        "schedule": 15.0,
        "options": {"expires": _EXPIRES_S},
    },
    "reconcile accounts": {  # The engine knows which are due
        "task": "monitoring.reconcile_accounts",
        "schedule": 10.0,
        "options": {"expires": _EXPIRES_S},
    },
    "move what is over into the archive": {  # The engine knows which accounts are due
        "task": "monitoring.archive_accounts",
        "schedule": 30.0,
        "options": {"expires": _EXPIRES_S},
    },
    "show that the chain works": {
        "task": "monitoring.heartbeat",
        "schedule": 5.0,
        "options": {"expires": _EXPIRES_S},
    },
}
