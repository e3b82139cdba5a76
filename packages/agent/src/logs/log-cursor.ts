import type { FilePlace } from '../host/file-page.ts';

/** How far a reader has come in each source of a log, by the name of the source. */
export interface LogPlaces {
  readonly files: Readonly<Record<string, FilePlace>>;
  readonly journal: string | null;
}

/** As the operator gets it. */
export function cursorOf(places: LogPlaces): string {
  return Buffer.from(JSON.stringify(places)).toString('base64url');
}

/** null for a cursor that this agent did not make: reading then begins with the newest lines. */
export function placesOf(cursor: string): LogPlaces | null {
  try {
    const read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Partial<LogPlaces> | null;
    const { files = {}, journal = null } = read ?? {};
    const isSound = Object.values(files).every(
      (place) => isCount(place?.inode) && isCount(place?.offset) && Object.keys(place).length === 2,
    );
    // systemd's cursors; anything else might be an option of journalctl.
    return isSound && (journal === null || /^[\w=;-]{1,400}$/.test(journal)) ? { files, journal } : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
