import type Sqlite from 'better-sqlite3';
import { type DialectAdapter, SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { storageFailure } from './sqlite-errors.ts';

// More than the number of the repositories' statements; batches of many lengths do not fit, and need not.
const statementsKept = 200;

/**
 * Kysely's dialect over an open database. It prepares each statement once, and turns SQLite's errors about the file
 * into errors that an operator can act on.
 */
export class InventoryDialect extends SqliteDialect {
  constructor(database: Sqlite.Database, path: string) {
    super({ database: statementCache(database, path) });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

/** SQLite rolls back schema changes too, so an interrupted migration leaves nothing behind. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function statementCache(database: Sqlite.Database, path: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();

  function translated<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw storageFailure(error, path);
    }
  }

  function prepare(sql: string): SqliteStatement {
    const statement = database.prepare<unknown[]>(sql);
    return {
      reader: statement.reader,
      all: (parameters) => translated(() => statement.all(...parameters)),
      iterate: (parameters) => translated(() => statement.iterate(...parameters)),
      run(parameters) {
        // On a full disk SQLite has already rolled back; a second rollback would fail and hide the cause.
        if (sql === 'rollback' && !database.inTransaction) return { changes: 0, lastInsertRowid: 0 };
        return translated(() => statement.run(...parameters));
      },
    };
  }

  return {
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      if (statements.size >= statementsKept) statements.clear();
      const statement = translated(() => prepare(sql));
      statements.set(sql, statement);
      return statement;
    },
    close: () => database.close(),
  };
}
