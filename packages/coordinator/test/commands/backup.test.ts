import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { failure } from '@picket/shared/errors.ts';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { readArchive } from '../../src/backup/archive.ts';
import { serveBackups } from '../../src/backup/backup-socket.ts';
import { wholeIsEnough } from '../../src/backup/manifest-mac.ts';
import { backup, notInBackup } from '../../src/commands/backup.ts';
import { init } from '../../src/commands/init.ts';
import { restore } from '../../src/commands/restore.ts';
import { serve } from '../../src/commands/serve.ts';
import { type Config, parseConfig, readConfig } from '../../src/config/config.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { openCoordinator } from '../../src/open-coordinator.ts';
import { newId } from '../../src/random-names.ts';
import { testConfig } from '../support/coordinator.ts';

const log = pino({ level: 'silent' });
/** In the backup of a coordinator without a cluster. */
const partsOfFresh = [
  'inventory.sqlite',
  'authority/revocations.log',
  'authority/control/certificate.pem',
  'authority/control/key.pem',
  'coordinator.yml',
];

t.test('of a stopped coordinator: whole, private, without passphrase and server key', async (t) => {
  const house = await initialised(t);
  const { file, config } = house;
  const manifest = await make(house);
  t.match(manifest?.auditHead, { number: 1, hash: /^[0-9a-f]{64}$/ });
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(
    manifest?.parts.map(({ name }) => name),
    partsOfFresh,
  );
  const contents = new Map<string, string>();
  await readArchive(file, wholeIsEnough, async (name, chunks) => {
    const read: Uint8Array[] = [];
    for await (const chunk of chunks) read.push(chunk);
    contents.set(name, Buffer.concat(read).toString('latin1'));
  });
  const passphrase = readFileSync(config.passphraseFile, 'utf8').trim();
  for (const [name, content] of contents) {
    t.notOk(content.includes(passphrase), `R11: no passphrase in ${name}`);
    t.notMatch(content, /BEGIN (EC )?PRIVATE KEY/, `R11: no usable key in ${name}`);
  }
  t.notOk(existsSync(`${file}.part`));
  t.notOk(existsSync(join(config.dataDir, 'backing-up')));
});

t.test('what to store apart is named, including the key of a store', async (t) => {
  const config = testConfig('/p');
  t.equal(
    notInBackup(config),
    'not in it: the passphrase /p/ca-passphrase, without which its keys cannot be used; store a copy of that in another place',
  );
  const snapshotStore = { endpoint: 'https://s3.home', bucket: 'etcd', credentialsFile: '/p/key.yml' };
  t.match(
    notInBackup({ ...config, snapshotStore }),
    /ca-passphrase.*, and the file \/p\/key\.yml, without which nothing in the stores/,
  );
});

t.test('R11: other files beside the keys neither break a backup nor get into one', async (t) => {
  const house = await initialised(t);
  const { authority } = placesIn(house.config.dataDir);
  for (const name of ['passphrase', 'control/key.pem.bak', 'control/passphrase.pem']) {
    writeFileSync(join(authority, name), 'not of a coordinator');
  }
  const manifest = await make(house);
  t.same(
    manifest?.parts.map(({ name }) => name),
    partsOfFresh,
  );
});

t.test('of a running coordinator, to a file and to standard output; a second copy is refused', async (t) => {
  const house = await initialised(t);
  const stop = new AbortController();
  const serving = serve({
    ...house,
    now: Date.now,
    monotonic: () => performance.now(),
    failpoint: () => undefined,
    log,
    signal: stop.signal,
  });
  t.teardown(async () => {
    stop.abort();
    await serving;
  });
  const mode = () => statSync(join(house.config.dataDir, 'backup.sock'), { throwIfNoEntry: false })?.mode ?? 0;
  await until('it offers backups only to its owner', () => (mode() & 0o777) === 0o600, { within: 20_000 });
  t.ok(await make(house));
  const before = readFileSync(house.file);
  await t.rejects(make(house), { code: 'backup_exists' });
  t.ok(readFileSync(house.file).equals(before), 'and stays as it is');
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  t.equal(await backup({ ...house, file: '-', stdout, now: Date.now }), null);
  const piped = join(house.folder, 'piped.tar.gz');
  writeFileSync(piped, Buffer.concat(chunks));
  t.ok(await readArchive(piped, wholeIsEnough));
  await t.rejects(make({ ...house, file: join(house.folder, 'nowhere/b.tar.gz') }), {
    code: 'backup_not_written',
    facts: { problem: /its folder does not exist/ },
  });
});

t.test('R9: nothing has its name before it is whole', async (t) => {
  const house = await initialised(t);
  const stood: boolean[] = [];
  const end = await serveBackups(house.config.dataDir, async () => {
    stood.push(existsSync(house.file));
    throw failure('inventory_unusable', { path: 'inventory.sqlite', problem: 'the disk is full' });
  });
  await t.rejects(make(house), { code: 'backup_not_written' });
  await end();
  t.same(stood, [false]);
  t.notOk(existsSync(house.file));
  t.notOk(existsSync(`${house.file}.part`));
});

t.test('R13: an unrelated file beside it is left alone', async (t) => {
  const house = await initialised(t);
  writeFileSync(`${house.file}.part`, 'somebody else’s');
  await t.rejects(make(house), { code: 'backup_exists', facts: { path: /backup\.tar\.gz\.part$/ } });
  t.equal(readFileSync(`${house.file}.part`, 'utf8'), 'somebody else’s');
});

t.test('R5: restored elsewhere, it has a new epoch each time, and its own server certificate', async (t) => {
  const house = await initialised(t);
  await make(house);
  const epochs: number[] = [];
  const names = new Set<string>();
  for (const at of [Date.now(), Date.now() + 5000]) {
    rmSync(house.config.dataDir, { recursive: true });
    const { restoration } = await restore({ ...house, now: () => at, newId });
    epochs.push(restoration.epoch.number);
    names.add(restoration.epoch.name);
    const coordinator = await openCoordinator({
      config: house.config,
      now: Date.now,
      monotonic: () => performance.now(),
      failpoint: () => undefined,
      log,
    });
    t.same(await coordinator.inventory.restorations.find(), restoration);
    await coordinator.close();
  }
  t.ok((epochs[1] ?? 0) > (epochs[0] ?? 0), 'of two restores of one backup, the later has the higher number');
  t.equal(names.size, 2);
  await t.rejects(restore({ ...house, now: Date.now, newId }), { code: 'coordinator_not_restored' });
});

t.test('R5: the last writes of an old store are not replayed over the restored one', async (t) => {
  const house = await initialised(t);
  await make(house);
  const { database } = placesIn(house.config.dataDir);
  rmSync(database);
  for (const left of ['inventory.sqlite-wal', 'inventory.sqlite-shm', 'inventory.sqlite-journal']) {
    writeFileSync(join(house.config.dataDir, left), 'of a killed coordinator');
    await t.rejects(restore({ ...house, now: Date.now, newId }), {
      code: 'coordinator_not_restored',
      facts: { problem: new RegExp(`a coordinator, or a part of one, exists already \\(${left}\\)`) },
    });
    t.notOk(existsSync(database));
    rmSync(join(house.config.dataDir, left));
  }
  await restore({ ...house, now: Date.now, newId });
  t.equal(readFileSync(database)[18], 1, 'and the restored one is whole without its own log');
});

t.test('it writes coordinator.yml if none exists, and needs the passphrase', async (t) => {
  const house = await initialised(t);
  await make(house);
  rmSync(house.config.dataDir, { recursive: true });
  const text = readFileSync(house.configFile, 'utf8');
  rmSync(house.configFile);
  const passphrase = readFileSync(house.config.passphraseFile);
  rmSync(house.config.passphraseFile);
  await t.rejects(restore({ ...house, now: Date.now, newId }), { code: 'passphrase_missing' });
  writeFileSync(house.config.passphraseFile, 'another passphrase of some length\n', { mode: 0o600 });
  await t.rejects(restore({ ...house, now: Date.now, newId }), { code: 'backup_not_authentic' });
  t.notOk(existsSync(house.configFile) || existsSync(house.config.dataDir), 'nothing was put in place');
  writeFileSync(house.config.passphraseFile, passphrase, { mode: 0o600 });
  t.ok(await restore({ ...house, now: Date.now, newId }));
  t.equal(readFileSync(house.configFile, 'utf8'), text);
});

t.test('at a new address, that becomes the first one of the coordinator.yml from the backup', async (t) => {
  const house = await initialised(t);
  await make(house);
  rmSync(house.config.dataDir, { recursive: true });
  const text = readFileSync(house.configFile, 'utf8');
  const again = (...hosts: string[]) => restore({ ...house, hosts, now: Date.now, newId });
  await t.rejects(again('192.168.2.99'), {
    code: 'config_differs',
    facts: { option: '--host', wanted: '192.168.2.99' },
  });
  rmSync(house.configFile);
  await t.rejects(again('Not A Host'), { code: 'config_invalid' });
  t.notOk(existsSync(house.configFile) || existsSync(house.config.dataDir), 'nothing was put in place');
  const { url } = await again('192.168.2.99');
  t.equal(url, `https://192.168.2.99:${house.config.port}`);
  t.strictSame(await readConfig(house.configFile), {
    ...parseConfig(text, house.configFile),
    hosts: ['192.168.2.99', ...house.config.hosts],
  });
});

t.test('R13: an existing, different file is not overwritten', async (t) => {
  const house = await initialised(t);
  await make(house);
  const { database, authority } = placesIn(house.config.dataDir);
  rmSync(database);
  const key = join(authority, 'control/key.pem');
  renameSync(key, `${key}.kept`);
  writeFileSync(key, 'another');
  await t.rejects(restore({ ...house, now: Date.now, newId }), {
    code: 'coordinator_not_restored',
    facts: { problem: /key\.pem exists and differs/ },
  });
  t.equal(readFileSync(key, 'utf8'), 'another');
  renameSync(`${key}.kept`, key);
  t.ok(await restore({ ...house, now: Date.now, newId }), 'an equal one is fine, so an interrupted restore continues');
});

t.test(
  'an archive that is damaged or truncated, or no archive at all, is refused before anything is changed',
  async (t) => {
    const house = await initialised(t);
    await make(house);
    rmSync(house.config.dataDir, { recursive: true });
    const whole = readFileSync(house.file);
    // Not any octet of the file: some of those that compression makes can differ and mean the same.
    const otherPart = gzipSync(flipped(gunzipSync(whole), 0.5));
    const otherChecksum = flipped(whole, 1 - 6 / whole.length);
    const cut = whole.subarray(0, whole.length - 100);
    for (const content of [cut, otherPart, otherChecksum, Buffer.from('no archive'), Buffer.alloc(0)]) {
      writeFileSync(house.file, content);
      await t.rejects(restore({ ...house, now: Date.now, newId }), { code: 'backup_damaged' });
    }
    rmSync(house.file);
    await t.rejects(restore({ ...house, now: Date.now, newId }), {
      code: 'backup_damaged',
      facts: { problem: 'it does not exist' },
    });
    t.notOk(existsSync(house.config.dataDir));
  },
);

/** With one octet of it changed, at this position. */
function flipped(content: Buffer, share: number): Buffer {
  const other = Buffer.from(content);
  const at = Math.floor(content.length * share);
  other[at] = (other[at] ?? 0) ^ 0xff;
  return other;
}

interface House {
  readonly folder: string;
  readonly config: Config;
  readonly configFile: string;
  readonly file: string;
}

/** A coordinator that `init` has made and that does not run. */
async function initialised(t: Test): Promise<House> {
  const folder = t.testdir();
  const config = { ...testConfig(folder), port: await freePort('127.0.0.1') };
  const configFile = join(folder, 'coordinator.yml');
  writeFileSync(configFile, stringify(config));
  await init({ config, operator: 'ada', contextFile: join(folder, 'context.yml'), now: Date.now });
  return { folder, config, configFile, file: join(folder, 'backup.tar.gz') };
}

function make(house: House) {
  return backup({ ...house, stdout: process.stdout, now: Date.now });
}
