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
    find: "if (timingSafeEqual(hmac(key, manifest), Buffer.from(shown.mac, 'hex'))) return;",
    replace: 'if (hmac(key, manifest).length === shown.mac.length / 2) return;',
    caughtBy,
  },
  {
    id: 'believes-a-backup-without-mac',
    rule: 'R8',
    does: 'restores a backup without MAC although nobody has accepted that',
    file: mac,
    find: 'if (withoutMac) return;',
    replace: 'if (withoutMac || text === null) return;',
    caughtBy,
  },
  {
    id: 'asks-a-backup-for-its-passphrase',
    rule: 'R8',
    does: 'lets a backup say where the passphrase is that proves it',
    file: `${coordinator}/src/commands/restore.ts`,
    find: 'const hasConfig = await exists(configFile);',
    replace: 'await writeConfigOf(file, () => undefined, configFile); const hasConfig = await exists(configFile);',
    caughtBy,
  },
  {
    id: 'restores-triggers',
    rule: 'R8',
    does: 'restores a store with a trigger, a view or a table that somebody added',
    file: schema,
    find: 'if (!own.has(name)) return',
    replace: "if (!own.has(name) && name === '') return",
    caughtBy,
  },
  {
    id: 'restores-changed-triggers',
    rule: 'R8',
    does: 'restores a store in which a trigger of Picket does something else',
    file: schema,
    find: 'if (own.get(name) !== description) return',
    replace: "if (own.has(name) && own.get(name) === '') return",
    caughtBy,
  },
  {
    id: 'restores-without-the-guards-of-the-log',
    rule: 'R8',
    does: 'restores a store that lacks a trigger of Picket',
    file: schema,
    find: 'return missing === undefined ? null :',
    replace: "return missing !== '' ? null :",
    caughtBy,
  },
  {
    id: 'backs-up-under-any-passphrase',
    rule: 'restore',
    does: 'makes a backup under a passphrase that does not open its keys',
    file: `${coordinator}/src/commands/backup.ts`,
    find: 'await loadControlAuthority(custody);',
    replace: '',
    caughtBy,
  },
];
