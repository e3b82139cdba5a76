import type { Instant } from '../model/instant.ts';

/** A clock that was ahead by no more than this makes no difference to the age of a backup. */
export const aheadMs = 86_400_000;

/** A backup in a target, by the name of its file. */
export interface StoredBackup {
  readonly name: string;
  readonly at: Instant;
}

/** The name of the file: of which coordinator, by the ID of its store, and when. Pure. */
export function backupName(inventory: string, at: Instant, isSealed: boolean): string {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  return `picket-${inventory}-${time}.tar.gz${isSealed ? '.age' : ''}`;
}

/** The backups of this coordinator among these files, the newest first. Pure. */
export function backupsIn(files: readonly string[], inventory: string): readonly StoredBackup[] {
  const found = files.flatMap((name) => {
    const [, of, date = '', hours, minutes, seconds] =
      /^picket-([0-9a-z]+)-(\d{8})T(\d\d)(\d\d)(\d\d)Z\.tar\.gz(?:\.age)?$/.exec(name) ?? [];
    const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
    const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
    return of === inventory && Number.isFinite(at) ? [{ name, at }] : [];
  });
  return found.sort((one, other) => other.at - one.at);
}

/** Those to remove once `newest` was stored, so that `keep` of them stay. It stays itself, whatever the clock was before. Pure. */
export function superfluous(stored: readonly StoredBackup[], newest: string, keep: number): readonly StoredBackup[] {
  return stored.filter(({ name }) => name !== newest).slice(keep - 1);
}

/** The newest of them; one from the future says nothing. null: there is none. Pure. */
export function newestOf(stored: readonly StoredBackup[], now: Instant): StoredBackup | null {
  return stored.find(({ at }) => at - now <= aheadMs) ?? null;
}

/** Whether it is encrypted. Pure. */
export function isSealed({ name }: StoredBackup): boolean {
  return name.endsWith('.age');
}
