/** `Pgrn`: says that a file is a database of this program. */
export const APPLICATION_ID = 0x5067726e;
/** Raised with each change of the tables. */
export const SCHEMA_VERSION = 1;

/** Lets pages that are not needed any more go back to the disk. It can only be chosen before a file is first written to. */
export const GIVES_BACK = 'PRAGMA auto_vacuum = INCREMENTAL';

/*  identity         one row: who this database is, the last epoch given out, and how many commits it has seen
 *  rule             a rule's state; small rows, because a storm writes the page of each
 *  pending          transitions that somebody still waits for, as they were saved: those of a storm share pages. By the
 *                   rule's number
 *  checkpoint       which slot of parts counts: the generation's parity
 *  checkpoint_part  counters of 2,000 rules: ids a line, numbers as they lie in memory
 *  lease            announced ones too
 *  jobset           every jobset that ever had a lease and was not forgotten
 *  history          sorted as it is listed
 */
const TABLES = `
  CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    incarnation TEXT NOT NULL,
    commits INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    opening TEXT NOT NULL,
    copied INTEGER NOT NULL
  );
  CREATE TABLE rule (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    jobset TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    since_ms REAL,
    streak INTEGER NOT NULL,
    streak_ok INTEGER NOT NULL,
    last_result_at_ms REAL,
    notified_at_ms REAL,
    announced TEXT,
    runs INTEGER NOT NULL,
    failures INTEGER NOT NULL
  );
  CREATE TABLE pending (
    place INTEGER PRIMARY KEY,
    rule INTEGER NOT NULL,
    version INTEGER NOT NULL,
    waiting TEXT NOT NULL,
    transition_json TEXT NOT NULL
  );
  CREATE UNIQUE INDEX pending_of_rule ON pending (rule, version);
  CREATE TABLE checkpoint (
    jobset TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    parts INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE checkpoint_part (
    jobset TEXT NOT NULL,
    slot INTEGER NOT NULL,
    part INTEGER NOT NULL,
    ids TEXT NOT NULL,
    numbers BLOB NOT NULL,
    PRIMARY KEY (jobset, slot, part)
  );
  CREATE TABLE lease (
    jobset TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    expires_at_ms REAL NOT NULL,
    config_hash TEXT NOT NULL,
    deadline_at_ms REAL,
    hand_over INTEGER NOT NULL,
    watched_until_ms REAL,
    announced_at_ms REAL
  ) WITHOUT ROWID;
  CREATE TABLE jobset (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE history (
    at_ms REAL NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    mark TEXT NOT NULL,
    transition_json TEXT NOT NULL,
    PRIMARY KEY (at_ms, rule, version, mark)
  ) WITHOUT ROWID;
  CREATE INDEX history_of_rule ON history (rule, at_ms, version, mark);
`;

export const createTables = (
  { exec }: { readonly exec: (text: string) => void },
  incarnation: string,
): void =>
  exec(`
    ${GIVES_BACK};
    BEGIN;
    ${TABLES}
    INSERT INTO identity (only, incarnation, commits, epoch, opening, copied) VALUES (1, '${incarnation}', 0, 0, '', 0);
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${SCHEMA_VERSION};
    COMMIT;
  `);
