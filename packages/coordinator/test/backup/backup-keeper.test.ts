import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import t, { type Test } from 'tap';
import { startS3Server } from '../../../../test/support/s3-server.ts';
import { readArchive } from '../../src/backup/archive.ts';
import { wholeIsEnough } from '../../src/backup/manifest-mac.ts';
import { whileOpened } from '../../src/backup/open-sealed.ts';
import type { BackupConfig } from '../../src/config/config.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster } from '../support/nodes.ts';
import { bucketOf } from '../support/s3-bucket.ts';

const hour = 3_600_000;

function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'picket-backups-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const daily = (...targets: BackupConfig['targets']): BackupConfig => ({
  targets,
  everyHours: 24,
  keep: 2,
  recipients: [],
});

/** A turn of the coordinator, and whatever it begins. */
async function turn({ running }: TestCoordinator): Promise<void> {
  await running.tick();
  await running.backups.idle();
}

async function shown({ admin }: TestCoordinator) {
  return (await admin.get('/v1/backups')).json<BackupsView>();
}

t.test('a folder gets a backup at the first start, and then one a day', async (t) => {
  const folder = newFolder(t);
  const coordinator = await testCoordinator(t, undefined, { backup: daily({ folder }) });
  const { clock } = coordinator;
  await turn(coordinator);
  const [first = ''] = readdirSync(folder);
  t.match(first, /^picket-[0-9a-z]{20}-\d{8}T\d{6}Z\.tar\.gz$/);
  t.equal(statSync(join(folder, first)).mode & 0o777, 0o600);
  await readArchive(join(folder, first), wholeIsEnough);

  clock.now += 23 * hour;
  await turn(coordinator);
  t.strictSame(readdirSync(folder), [first]);
  clock.now += hour + 1000;
  await turn(coordinator);
  const [, second = ''] = readdirSync(folder).sort();
  t.not(second, '');

  clock.now += 25 * hour;
  await turn(coordinator);
  t.equal(readdirSync(folder).length, 2, 'as many stay as are to be kept');
  t.notOk(readdirSync(folder).includes(first));
  t.match(await shown(coordinator), {
    lastAt: new Date(clock.now).toISOString().replace(/\d{3}Z$/, '000Z'),
    schedule: { everyHours: 24, keep: 2, encrypted: false },
    targets: [{ target: folder, count: 2, failure: null }],
  });
});

t.test('a coordinator that starts again makes none before one is due', async (t) => {
  const folder = newFolder(t);
  const coordinator = await testCoordinator(t, undefined, { backup: daily({ folder }) });
  await turn(coordinator);
  await coordinator.restart();
  coordinator.clock.now += hour;
  await turn(coordinator);
  await turn(coordinator);
  t.equal(readdirSync(folder).length, 1);
});

t.test('the keys of a new cluster get into a backup at once', async (t) => {
  const folder = newFolder(t);
  const coordinator = await testCoordinator(t, undefined, { backup: daily({ folder }) });
  await turn(coordinator);
  coordinator.clock.now += 60_000;
  await createCluster(coordinator);
  coordinator.clock.now += 1000;
  await turn(coordinator);
  await turn(coordinator);
  const [, newest = ''] = readdirSync(folder).sort();
  const { parts } = await readArchive(join(folder, newest), wholeIsEnough);
  t.match(parts.map(({ name }) => name).join(), /authority\/clusters\//);
  t.equal(readdirSync(folder).length, 2);
});

t.test('a folder that fails is told once and tried again, and does not delay the others', async (t) => {
  const [folder, missing] = [newFolder(t), join(newFolder(t), 'usb')];
  const coordinator = await testCoordinator(t, undefined, { backup: daily({ folder: missing }, { folder }) });
  const { clock, running, admin } = coordinator;
  await turn(coordinator);
  await turn(coordinator);
  t.equal(readdirSync(folder).length, 1);
  const message = `No backup could be stored in ${missing}: the folder does not exist; Picket does not make it, since the disk of its place may not be mounted.`;
  t.match(await shown(coordinator), {
    targets: [{ target: missing, count: null, lastAt: null, failure: { count: 1 } }, { failure: null }],
  });
  clock.now += 61_000;
  await turn(coordinator);
  t.match(await shown(coordinator), { targets: [{ failure: { count: 2 } }, { failure: null }] });
  const { items } = (await admin.get('/v1/events')).json<Page<EventView>>();
  const told = items.filter(({ kind }) => kind === 'backup-not-stored').map(({ message: text }) => text);
  t.equal(told.length, 1);
  t.match(told[0], message.slice(0, -1));

  mkdirSync(missing);
  clock.now += 200_000;
  await turn(coordinator);
  t.equal(readdirSync(missing).length, 1);
  t.match(await shown(coordinator), { targets: [{ count: 1, failure: null }, { failure: null }] });
  t.equal(running.backups.targets().length, 2);
});

t.test('R9 the rest of an attempt that was cut off does not stop the next one', async (t) => {
  const folder = newFolder(t);
  const coordinator = await testCoordinator(t, undefined, { backup: daily({ folder }) });
  const name = `picket-${coordinator.running.inventory.id}-${new Date(coordinator.clock.now)
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')}.tar.gz`;
  writeFileSync(join(folder, `${name}.part`), 'half');
  await turn(coordinator);
  t.strictSame(readdirSync(folder), [name]);
});

t.test('once backups are to be encrypted, each place gets an encrypted one at once', async (t) => {
  const folder = newFolder(t);
  await turn(await testCoordinator(t, undefined, { backup: daily({ folder }) }));
  const [plain = ''] = readdirSync(folder);
  const recipients = [await identityToRecipient(await generateX25519Identity())];
  const coordinator = await testCoordinator(t, undefined, { backup: { ...daily({ folder }), recipients } });
  const [, store = ''] = plain.split('-');
  const own = plain.replace(store, coordinator.running.inventory.id);
  renameSync(join(folder, plain), join(folder, own));
  coordinator.clock.now += hour;
  await turn(coordinator);
  await turn(coordinator);
  t.match(readdirSync(folder).sort(), [own, /\.tar\.gz\.age$/]);
});

t.test('R11 an encrypted backup is opened with the identity of a recipient alone', async (t) => {
  const [folder, keys] = [newFolder(t), newFolder(t)];
  const identities = [await generateX25519Identity(), await generateX25519Identity()];
  const recipients = await Promise.all(identities.map(identityToRecipient));
  const coordinator = await testCoordinator(t, undefined, { backup: { ...daily({ folder }), recipients } });
  await turn(coordinator);
  const [name = ''] = readdirSync(folder);
  t.match(name, /\.tar\.gz\.age$/);
  const file = join(folder, name);
  const keyFile = (text: string, mode = 0o600) => {
    const path = join(keys, 'key.txt');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  for (const identity of identities) {
    const { parts } = await whileOpened(file, keyFile(`# a key\n${identity}\n`), (archive) =>
      readArchive(archive, wholeIsEnough),
    );
    t.equal(parts[0]?.name, 'inventory.sqlite');
  }
  const refused = (identityFile: string | null, problem: RegExp) =>
    t.rejects(
      whileOpened(file, identityFile, async () => undefined),
      { code: 'backup_sealed', facts: { problem } },
    );
  await refused(null, /no file with an age identity was given/);
  await refused(join(keys, 'none'), /does not exist/);
  await refused(keyFile(await generateX25519Identity()), /it was encrypted for other keys/);
  await refused(keyFile(identities[0] ?? '', 0o644), /can be read by others/);
  await refused(keyFile('# nothing'), /holds no age identity/);
  const octets = readFileSync(file);
  writeFileSync(file, octets.subarray(0, -100));
  await t.rejects(
    whileOpened(file, keyFile(identities[0] ?? ''), async () => undefined),
    { code: 'backup_damaged', facts: { path: file } },
  );
});

t.test('a bucket gets backups, and loses those that are too many', async (t) => {
  const folder = newFolder(t);
  const server = await startS3Server({ folder });
  t.teardown(() => server.stop());
  const { url: endpoint, bucket } = server;
  const s3 = { endpoint, bucket, prefix: 'home/', credentialsFile: server.writeKey(folder) };
  const coordinator = await testCoordinator(t, undefined, { backup: { ...daily({ s3 }), keep: 1 } });
  const seen = bucketOf(server);
  await seen.put('home/notes.txt', Buffer.from('of somebody else'));
  await turn(coordinator);
  const mine = async () => (await seen.keys()).filter((key) => key !== 'home/notes.txt');
  const [first = ''] = await mine();
  t.match(first, /^home\/picket-[0-9a-z]{20}-\d{8}T\d{6}Z\.tar\.gz$/);

  await server.down();
  coordinator.clock.now += 25 * hour;
  await turn(coordinator);
  t.match(await shown(coordinator), {
    targets: [{ target: `${endpoint}/${bucket}`, count: 1, failure: { count: 1 } }],
  });
  await server.up();
  coordinator.clock.now += 61_000;
  await turn(coordinator);
  const [second = '', ...others] = await mine();
  t.strictSame(others, []);
  t.not(second, first);
  t.equal((await seen.keys()).length, 2, 'what is not a backup of this coordinator stays');
});

t.test('a recipient that is none, and a target that is named twice, are refused at the start', async (t) => {
  const folder = newFolder(t);
  const refused = (backup: BackupConfig, problem: RegExp) =>
    t.rejects(testCoordinator(t, undefined, { backup }), { code: 'backup_unusable', facts: { problem } });
  await refused({ ...daily({ folder }), recipients: ['age1qqqqqqqqqqqqqqqqqqqqq'] }, /recipients/);
  await refused(daily({ folder }, { folder }), /twice/);
});
