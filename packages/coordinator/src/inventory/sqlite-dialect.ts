import type Sqlite from 'better-sqlite3';
import { type DialectAdapter, SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { storageFailure } from './sqlite-errors.ts';

// All statements of the repositories fit; batches of many lengths do not, and need not.
const statementsKept = 200;

/**
 * Kysely's dialect over an open database, with its statements prepared once and SQLite's complaints about the file
 * turned into errors that an operator can act on.
 */
export class InventoryDialect extends SqliteDialect {
  constructor(database: Sqlite.Database, path: string) {
    super({ database: statementCache(database, path) });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

/** SQLite does roll back schema changes, so that a migration cut short leaves nothing behind. */
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
        // A full disk has SQLite roll back by itself; a second rollback would fail and hide the cause.
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
