// The first word of an SQL statement, behind white space, comments and brackets. Only words of this list leave: anything else may be a literal.
import { kindsOf } from '../kinds.ts';
import { isLetter, Name, toUpper } from '../name.ts';

export const UNKNOWN_STATEMENT = 'other statement';
export const EMPTY_STATEMENT = 'empty statement';

const verbs = kindsOf(
  (
    'ABORT ALTER ANALYZE BEGIN CALL CHANGE CHECK CHECKPOINT CHECKSUM CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DELETE DESC DESCRIBE ' +
    'DISCARD DO DROP END EXECUTE EXPLAIN FETCH FLUSH GRANT HANDLER IMPORT INSERT INSTALL KILL LISTEN LOAD LOCK MERGE MOVE NOTIFY OPTIMIZE PREPARE PURGE ' +
    'REASSIGN REFRESH REINDEX RELEASE RENAME REPAIR REPLACE RESET RESTART REVOKE ROLLBACK SAVEPOINT SECURITY SELECT SET SHOW SHUTDOWN START STOP TABLE ' +
    'TRUNCATE UNINSTALL UNLISTEN UNLOCK UPDATE USE VACUUM VALUES WITH XA'
  ).split(' '),
);

const SPACE = 0;
const WORD = 1;
const DASH = 2;
const LINE_COMMENT = 3;
const SLASH = 4;
const COMMENT = 5;
const COMMENT_STAR = 6;
const COMMENT_SLASH = 7;
const COMMENT_START = 8;
/** Behind `/*!`, where a version may stand before what MySQL executes. */
const EXECUTABLE = 9;
const DONE = 10;

export type SqlDialect = 'postgres' | 'mysql';

/** Reads a statement until its first word is known. */
export class Verb {
  readonly #word = new Name(16);
  #state = SPACE;
  #depth = 0;
  readonly #dialect: SqlDialect;

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  begin(): void {
    this.#word.clear();
    this.#state = SPACE;
    this.#depth = 0;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** The word if it is known; asked when the statement, or so much of it as was looked at, is over. */
  get name(): string {
    const { bytes, lengthBytes } = this.#word;
    if (lengthBytes === 0) return this.#state === DONE ? UNKNOWN_STATEMENT : EMPTY_STATEMENT;
    return (this.#word.isCut ? null : verbs.find(bytes, lengthBytes)) ?? UNKNOWN_STATEMENT;
  }

  add(byte: number): void {
    switch (this.#state) {
      case SPACE:
        if (isLetter(byte)) {
          this.#state = WORD;
          this.#word.add(toUpper(byte));
        } else if (byte === 0x2d) this.#state = DASH;
        else if (byte === 0x23 && this.#dialect === 'mysql') this.#state = LINE_COMMENT;
        else if (byte === 0x2f) this.#state = SLASH;
        else if (!isBlank(byte) && byte !== 0x28 && byte !== 0x3b) this.#state = DONE;
        return;
      case WORD:
        if (isLetter(byte)) this.#word.add(toUpper(byte));
        else {
          if (byte === 0x5f || (byte >= 0x30 && byte <= 0x39) || byte >= 0x80) this.#word.clear(); // a longer word, and so none of the list
          this.#state = DONE;
        }
        return;
      case DASH:
        this.#state = byte === 0x2d ? LINE_COMMENT : DONE;
        return;
      case LINE_COMMENT:
        if (byte === 0x0a) this.#state = SPACE;
        return;
      case SLASH:
        this.#state = byte === 0x2a ? COMMENT_START : DONE;
        this.#depth = 1;
        return;
      case COMMENT_START:
        this.#state = COMMENT;
        if (byte === 0x21 && this.#dialect === 'mysql') this.#state = EXECUTABLE;
        else this.add(byte);
        return;
      case EXECUTABLE:
        if (byte >= 0x30 && byte <= 0x39) return;
        this.#state = SPACE;
        return this.add(byte);
      case COMMENT:
        if (byte === 0x2a) this.#state = COMMENT_STAR;
        else if (byte === 0x2f && this.#dialect === 'postgres') this.#state = COMMENT_SLASH; // comments nest there
        return;
      case COMMENT_STAR:
        if (byte === 0x2f) this.#state = --this.#depth === 0 ? SPACE : COMMENT;
        else if (byte !== 0x2a) this.#state = COMMENT;
        return;
      case COMMENT_SLASH:
        if (byte === 0x2a) {
          this.#depth++;
          this.#state = COMMENT;
        } else if (byte !== 0x2f) this.#state = COMMENT;
    }
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
