"""What the databases themselves enforce: one open case, one job at a time per case, events that stay as they are
(those of cases, of releases and of staff).

Run after every migration, because Tortoise rebuilds a changed table on SQLite, and then its triggers, its indexes and
its constraints over several columns (`unique_together`) are gone.
"""

from __future__ import annotations

INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS events_in_order ON events (case_id, seq)",
    "CREATE UNIQUE INDEX IF NOT EXISTS staff_login ON staff (company, login)",
    "CREATE UNIQUE INDEX IF NOT EXISTS cases_one_open ON cases (company, client) WHERE open",
    "CREATE UNIQUE INDEX IF NOT EXISTS jobs_one_at_a_time ON jobs (case_id) WHERE state = 'doing'",
    "CREATE UNIQUE INDEX IF NOT EXISTS tasks_one_open ON tasks (case_id, kind) WHERE state <> 'done'",
    "CREATE UNIQUE INDEX IF NOT EXISTS releases_in_order ON releases (company, business, number)",
)

KEPT = "events are append-only"

SQLITE = (
    *INDEXES,
    f"CREATE TRIGGER IF NOT EXISTS events_not_changed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    f"CREATE TRIGGER IF NOT EXISTS events_not_deleted BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    *(
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {what} BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
        for name, what in (
            ("release_events_not_changed", "UPDATE ON release_events"),
            ("release_events_not_deleted", "DELETE ON release_events"),
            ("releases_not_deleted", "DELETE ON releases"),
            ("staff_events_not_changed", "UPDATE ON staff_events"),
            ("staff_events_not_deleted", "DELETE ON staff_events"),
        )
    ),
)

POSTGRESQL = (
    *INDEXES,
    "CREATE OR REPLACE FUNCTION banli_events_kept() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{KEPT}'; END $$",
    "CREATE OR REPLACE TRIGGER events_kept BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER events_not_emptied BEFORE TRUNCATE ON events "
    "FOR EACH STATEMENT EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER release_events_kept BEFORE UPDATE OR DELETE ON release_events "
    "FOR EACH ROW EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER release_events_not_emptied BEFORE TRUNCATE ON release_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER staff_events_kept BEFORE UPDATE OR DELETE ON staff_events "
    "FOR EACH ROW EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER staff_events_not_emptied BEFORE TRUNCATE ON staff_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION banli_events_kept()",
    "CREATE OR REPLACE TRIGGER releases_kept BEFORE DELETE ON releases FOR EACH ROW EXECUTE FUNCTION banli_events_kept()",
)
