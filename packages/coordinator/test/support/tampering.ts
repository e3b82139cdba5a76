import Sqlite from 'better-sqlite3';

/** Runs SQL on the store of a stopped coordinator, as somebody who wants to hide something would. */
export function tamper(path: string, sql: string): void {
  const database = new Sqlite(path);
  database.exec(`drop trigger if exists audit_never_changes; drop trigger if exists audit_loses_the_oldest; ${sql}`);
  database.close();
}
