import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator';
const mac = `${coordinator}/src/backup/manifest-mac.ts`;
const schema = `${coordinator}/src/inventory/require-own-schema.ts`;
const caughtBy = `${coordinator}/test/backup/authentic-backup.test.ts`;

/** Backups: who can only write to one gets nothing by it. */
export const backups: readonly Mutant[] = [
  {
    id: 'believes-any-mac',
    rule: 'R8',
    does: 'restores a backup that somebody without the passphrase changed',
    file: mac,
    in: 'authenticBy',
    guard: "timingSafeEqual(hmac(key, manifest), Buffer.from(shown.mac, 'hex'))",
    without: 'hmac(key, manifest).length === shown.mac.length / 2',
    caughtBy,
  },
  {
    id: 'believes-a-backup-without-mac',
    rule: 'R8',
    does: 'restores a backup without MAC although nobody has accepted that',
    file: mac,
    in: 'authenticBy',
    guard: 'if (withoutMac) return;',
    without: 'if (withoutMac || text === null) return;',
    caughtBy,
  },
  {
    id: 'asks-a-backup-for-its-passphrase',
    rule: 'R8',
    does: 'lets a backup say where the passphrase is that proves it',
    file: `${coordinator}/src/commands/restore.ts`,
    in: 'restore',
    guard: 'const hasConfig = await exists(configFile);',
    without: 'await writeConfigOf(file, () => undefined, configFile); const hasConfig = await exists(configFile);',
    caughtBy,
  },
  {
    id: 'restores-triggers',
    rule: 'R8',
    does: 'restores a store with a trigger, a view or a table that somebody added',
    file: schema,
    in: 'differenceOf',
    guard: 'if (!own.has(name)) $body;',
    without: "if (!own.has(name) && name === '') $body;",
    caughtBy,
  },
  {
    id: 'restores-changed-triggers',
    rule: 'R8',
    does: 'restores a store in which a trigger of Picket does something else',
    file: schema,
    in: 'differenceOf',
    guard: 'own.get(name) !== description',
    without: "own.has(name) && own.get(name) === ''",
    caughtBy,
  },
  {
    id: 'restores-without-the-guards-of-the-log',
    rule: 'R8',
    does: 'restores a store that lacks a trigger of Picket',
    file: schema,
    in: 'differenceOf',
    guard: 'missing === undefined',
    without: "missing !== ''",
    caughtBy,
  },
  {
    id: 'backs-up-under-any-passphrase',
    rule: 'restore',
    does: 'makes a backup under a passphrase that does not open its keys',
    file: `${coordinator}/src/commands/backup.ts`,
    in: 'withContent',
    guard: 'await loadControlAuthority(custody);',
    without: '',
    caughtBy,
  },
];
