import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { runToEnd, startInBackground } from '../../../../test/support/children.ts';
import { until } from '../../../../test/support/until.ts';
import { init } from '../../src/commands/init.ts';
import type { Config } from '../../src/config.ts';
import { testConfig } from '../support/coordinator.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
// tap's hooks in NODE_OPTIONS would be in the children too.
const program = ['-u', 'NODE_OPTIONS', process.execPath, main];
const run = (...args: string[]) => runToEnd('env', [...program, ...args]);

interface House {
  readonly folder: string;
  readonly configFile: string;
  readonly config: Config;
}

/** A coordinator.yml with a port that is free. */
async function house(test: Test): Promise<House> {
  const folder = test.testdir();
  const config = { ...testConfig(folder), port: await freePort(), logLevel: 'info' as const };
  const configFile = join(folder, 'coordinator.yml');
  writeFileSync(configFile, stringify(config));
  return { folder, configFile, config };
}

const contextOf = ({ folder }: House): string => join(folder, 'context.yml');

/** `init`, without a process of its own. */
async function initialise(place: House): Promise<void> {
  await init({ config: place.config, operator: 'ada', contextFile: contextOf(place), now: Date.now });
}

function runInit(place: House) {
  return run('init', '--config', place.configFile, '--context', contextOf(place), '--operator', 'ada');
}

function serve(test: Test, { folder, configFile, config }: House) {
  const served = startInBackground('env', [...program, 'serve', '--config', configFile], join(folder, 'serve.log'));
  test.teardown(() => served.stop());
  const ready = until('it serves', () => healthy(config.port), { within: 20_000, every: 20, lastSeen: served.log });
  return { ...served, log: served.log, stop: served.stop, ready };
}

t.test('init says where everything is and what is next', async (t) => {
  const place = await house(t);
  const { code, stdout, stderr } = await runInit(place);
  const { folder } = place;
  t.same([code, stderr], [0, '']);
  t.equal(
    stdout.replace(/[0-9a-f]{64}/, 'PIN'),
    [
      `control CA and store: ${folder}/data`,
      `passphrase of the CA keys: ${folder}/ca-passphrase (keep a copy of it apart from the backup of the data)`,
      `context of ada: ${folder}/context.yml (holds a private key; picket reads it)`,
      'pin of the control CA: PIN',
      '',
      `Next: picket-coordinator serve --config ${folder}/coordinator.yml`,
      '',
    ].join('\n'),
  );
});

t.test('init with a --host that is none says so', async (t) => {
  const file = join(t.testdir(), 'etc/coordinator.yml');
  const { stderr } = await run('init', '--config', file, '--host', 'pi_1');
  t.equal(
    stderr,
    `error: The configuration file ${file} is not valid: "hosts" names "pi_1", which is neither an IP address nor a host name in lower case.\n` +
      'hint: Correct it and try again; the annotated samples in etc/ show every key.\n',
  );
});

t.test('init a second time is refused', async (t) => {
  const place = await house(t);
  await initialise(place);
  const { code, stdout, stderr } = await runInit(place);
  t.same([code, stdout], [1, '']);
  t.equal(
    stderr,
    `error: There is already a coordinator in ${place.folder}/data.\n` +
      'hint: Run picket-coordinator serve; for another coordinator, name another dataDir in its configuration.\n',
  );
});

t.test('serve answers until SIGTERM, and ends with 0', async (t) => {
  const place = await house(t);
  await initialise(place);
  const served = serve(t, place);
  await served.ready;
  await served.stop('SIGTERM');
  t.equal(await served.ended, 0);
});

t.test('serve ends with 0 on SIGINT', async (t) => {
  const place = await house(t);
  await initialise(place);
  const served = serve(t, place);
  await served.ready;
  await served.stop('SIGINT');
  t.equal(await served.ended, 0);
});

t.test('what serve says is JSON lines and nothing else: no warning of a library', async (t) => {
  const place = await house(t);
  await initialise(place);
  const served = serve(t, place);
  await served.ready;
  await served.stop();
  const lines = served.log().trimEnd().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  t.same(messages, [`Server listening at https://127.0.0.1:${place.config.port}`, 'the coordinator serves']);
});

t.test('serve before init says what to do', async (t) => {
  const { folder, configFile } = await house(t);
  const { code, stderr } = await run('serve', '--config', configFile);
  t.equal(code, 1);
  t.equal(
    stderr,
    `error: There is no coordinator in ${folder}/data yet.\n` +
      'hint: Run picket-coordinator init; one that was cut short goes on where it stopped.\n',
  );
});

t.test('serve without a configuration names the file', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  const { code, stderr } = await run('serve', '--config', file);
  t.equal(code, 1);
  t.equal(
    stderr,
    `error: The configuration file ${file} cannot be read: it does not exist.\n` +
      'hint: Name another with --config, or copy the annotated sample from etc/.\n',
  );
});

t.test('serve with a mistyped key in its configuration says where and what was meant', async (t) => {
  const { folder, configFile } = await house(t);
  writeFileSync(configFile, `hosts: [127.0.0.1]\ndataDri: ${folder}/data\n`);
  const { code, stdout, stderr } = await run('serve', '--config', configFile);
  t.same([code, stdout], [1, '']);
  t.equal(
    stderr,
    `error: The configuration file ${configFile} is not valid: line 2: unknown key "dataDri"; did you mean "dataDir"?.\n` +
      'hint: Correct it and try again; the annotated samples in etc/ show every key.\n',
  );
});

t.test('serve with another passphrase opens nothing', async (t) => {
  const place = await house(t);
  await initialise(place);
  writeFileSync(place.config.passphraseFile, 'another passphrase of some length');
  const { code, stdout, stderr } = await run('serve', '--config', place.configFile);
  t.same([code, stdout], [1, '']);
  t.equal(
    stderr,
    'error: The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.\n' +
      'hint: Check that the passphrase file is the one that belongs to this key.\n',
  );
});

t.test('serve on a port that is taken names it', async (t) => {
  const place = await house(t);
  await initialise(place);
  const { port } = place.config;
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { code, stderr } = await run('serve', '--config', place.configFile);
  t.equal(code, 1);
  t.equal(
    stderr,
    `error: The coordinator cannot listen on 127.0.0.1 port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}.\n` +
      'hint: Stop what listens there (ss -ltnp shows it), or set port or listenAddress in coordinator.yml.\n',
  );
});

t.test('a second serve on one data dir is refused, and the first goes on', async (t) => {
  const place = await house(t);
  await initialise(place);
  const first = serve(t, place);
  await first.ready;
  const { code, stderr } = await run('serve', '--config', place.configFile);
  t.equal(code, 1);
  t.equal(
    stderr,
    `error: The inventory ${place.folder}/data/inventory.sqlite is in use by another process.\n` +
      'hint: Stop the other coordinator first; two on one data directory would publish against each other.\n',
  );
  t.equal(await healthy(place.config.port), true);
});

t.test('R5: serve makes no new store where the old one is gone', async (t) => {
  const place = await house(t);
  await initialise(place);
  rmSync(join(place.folder, 'data/inventory.sqlite'));
  const { code, stderr } = await run('serve', '--config', place.configFile);
  t.equal(code, 1);
  t.match(
    stderr,
    `error: The inventory ${place.folder}/data/inventory.sqlite cannot be used: it is gone, and the authorities beside it are there.\n`,
  );
});

t.test('a command line that is wrong ends with 2', async (t) => {
  const { code, stderr } = await run('serv');
  t.equal(code, 2);
  t.equal(stderr, "error: unknown command 'serv'\n(Did you mean serve?)\n");
});

t.test('--version says it on standard output', async (t) => {
  const { code, stdout } = await run('--version');
  t.same([code, stdout], [0, '0.1.0\n']);
});

function healthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
