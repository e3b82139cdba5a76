import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { runToEnd, startInBackground } from '../../../../test/support/children.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { programs } from '../../../../test/support/programs.ts';
import { printed } from '../../../../test/support/said.ts';
import { until } from '../../../../test/support/until.ts';
import { init } from '../../src/commands/init.ts';
import type { Config } from '../../src/config/config.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { openCoordinator } from '../../src/open-coordinator.ts';
import { newId } from '../../src/random-names.ts';
import { testConfig } from '../support/coordinator.ts';

const run = (...args: string[]) => runToEnd(process.execPath, [programs.coordinator, ...args]);

interface House {
  readonly folder: string;
  readonly configFile: string;
  readonly config: Config;
}

/** A coordinator.yml with a free port. */
async function house(test: Test): Promise<House> {
  const folder = test.testdir();
  const config = { ...testConfig(folder), port: await freePort('127.0.0.1'), logLevel: 'info' as const };
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

function serve(test: Test, { folder, configFile, config }: House, ...flags: string[]) {
  const args = [programs.coordinator, 'serve', '--config', configFile, ...flags];
  const served = startInBackground(process.execPath, args, join(folder, `serve${flags.join('')}.log`));
  test.teardown(() => served.stop());
  const ready = until('it serves', () => healthy(config.port), { within: 20_000, every: 20, lastSeen: served.log });
  return { ...served, log: served.log, stop: served.stop, ready };
}

t.test('init prints the paths and the next step', async (t) => {
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

t.test('init with an invalid --host says so', async (t) => {
  const file = join(t.testdir(), 'etc/coordinator.yml');
  const { stderr } = await run('init', '--config', file, '--host', 'pi_1');
  t.equal(
    stderr,
    printed(
      failure('config_invalid', {
        file,
        problem: '"hosts" names "pi_1", which is neither an IP address nor a host name in lower case',
      }),
    ),
  );
});

t.test('an error repeats no control characters', async (t) => {
  const file = join(t.testdir(), 'etc/coordinator.yml');
  const { stderr } = await run('init', '--config', file, '--host', 'pi\u009b31m');
  t.match(stderr, String.raw`"hosts" names "pi\u009b31m"`);
});

t.test('init a second time is refused', async (t) => {
  const place = await house(t);
  await initialise(place);
  const { code, stdout, stderr } = await runInit(place);
  t.same([code, stdout], [1, '']);
  t.equal(stderr, printed(failure('already_initialised', { dataDir: `${place.folder}/data` })));
  t.ok(existsSync(place.configFile), 'its configuration stays');
});

t.test('init for an existing coordinator leaves no configuration behind', async (t) => {
  const place = await house(t);
  await initialise(place);
  const file = join(place.folder, 'second', 'coordinator.yml');
  const { code } = await run('init', '--config', file, '--host', '127.0.0.1', '--data-dir', `${place.folder}/data`);
  t.equal(code, 1);
  t.notOk(existsSync(file));
});

t.test('serve answers until SIGTERM, and ends with 0', async (t) => {
  const place = await house(t);
  await initialise(place);
  const served = serve(t, place);
  await served.ready;
  await served.stop('SIGTERM');
  t.equal(await served.ended, 0);
  const inventory = await openInventory(placesIn(place.config.dataDir).database, { newId });
  t.teardown(() => inventory.close());
  const { items } = await inventory.events.list({ limit: 2, after: null }, null);
  t.match(items, [{ kind: 'coordinator-stopped' }, { kind: 'coordinator-started', facts: { awayMs: null } }]);
});

t.test('serve ends with 0 on SIGINT', async (t) => {
  const place = await house(t);
  await initialise(place);
  const served = serve(t, place);
  await served.ready;
  await served.stop('SIGINT');
  t.equal(await served.ended, 0);
});

t.test('the output of serve is only JSON lines: no warning of a library', async (t) => {
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
  t.equal(stderr, printed(failure('not_initialised', { dataDir: `${folder}/data` })));
});

t.test('serve without a configuration names the file', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  const { code, stderr } = await run('serve', '--config', file);
  t.equal(code, 2);
  t.equal(stderr, printed(failure('config_missing', { file, reason: 'it does not exist' })));
});

t.test('serve with a mistyped key in its configuration names the line and a suggestion', async (t) => {
  const { folder, configFile } = await house(t);
  writeFileSync(configFile, `hosts: [127.0.0.1]\ndataDri: ${folder}/data\n`);
  const { code, stdout, stderr } = await run('serve', '--config', configFile);
  t.same([code, stdout], [2, '']);
  t.equal(
    stderr,
    printed(
      failure('config_invalid', {
        file: configFile,
        problem: 'line 2: unknown key "dataDri"; did you mean "dataDir"?',
      }),
    ),
  );
});

t.test('serve with another passphrase opens nothing', async (t) => {
  const place = await house(t);
  await initialise(place);
  writeFileSync(place.config.passphraseFile, 'another passphrase of some length');
  const { code, stdout, stderr } = await run('serve', '--config', place.configFile);
  t.same([code, stdout], [2, '']);
  t.equal(stderr, printed(failure('key_passphrase_wrong', {})));
});

t.test('serve on a taken port names it', async (t) => {
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
    printed(
      failure('cannot_listen', {
        ...{ address: '127.0.0.1', port },
        reason: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
      }),
    ),
  );
});

t.test('a second serve on one data dir is refused, and the first continues', async (t) => {
  const place = await house(t);
  await initialise(place);
  const first = serve(t, place);
  await first.ready;
  const { code, stderr } = await run('serve', '--config', place.configFile);
  t.equal(code, 1);
  t.equal(stderr, printed(failure('inventory_locked', { path: `${place.folder}/data/inventory.sqlite` })));
  t.equal(await healthy(place.config.port), true);
});

t.test('R5: serve makes no new store if the old one is missing', async (t) => {
  const place = await house(t);
  await initialise(place);
  rmSync(join(place.folder, 'data/inventory.sqlite'));
  const { code, stderr } = await run('serve', '--config', place.configFile);
  t.equal(code, 1);
  t.equal(
    stderr,
    printed(
      failure('inventory_unusable', {
        path: `${place.folder}/data/inventory.sqlite`,
        problem: 'it is missing, although the authorities beside it exist',
      }),
    ),
  );
});

t.test('operator gives a certificate and prints the next step, operators lists them', async (t) => {
  const place = await house(t);
  await initialise(place);
  const bobs = join(place.folder, 'bob.yml');
  const config = ['--config', place.configFile];
  const made = await run('operator', 'bob', '--role', 'viewer', '--context', bobs, ...config);
  t.same([made.code, made.stderr], [0, '']);
  t.equal(
    withoutDates(made.stdout),
    `operator bob: role viewer, certificate until DATE
context of bob: ${bobs} (holds a private key; picket reads it)
Next: start picket-coordinator serve again.
`,
  );
  const renewed = await run('operator', 'bob', '--context', bobs, ...config);
  t.match(withoutDates(renewed.stdout), 'earlier certificates of bob that are still valid, until DATE\n');
  const listed = await run('operators', ...config);
  t.equal(withoutDates(listed.stdout), 'ada: admin, until DATE\nbob: viewer, until DATE\n');
});

t.test('operator without a role for an unknown name, or without a context, is a mistake', async (t) => {
  const place = await house(t);
  await initialise(place);
  const context = ['--context', join(place.folder, 'bob.yml')];
  const config = ['--config', place.configFile];
  const noRole = await run('operator', 'bob', ...context, ...config);
  t.equal(
    noRole.stderr,
    printed(
      failure('usage_invalid', {
        problem: 'the operator bob does not exist yet: a new operator needs --role',
        command: 'picket-coordinator operator',
      }),
    ),
  );
  t.equal((await run('operator', 'bob', '--role', 'viewer', ...config)).code, 2);
  t.equal((await run('operator', 'bob', '--role', 'root', ...context, ...config)).code, 2);
});

t.test('R14: after a clock that was ahead, serve --accept-clock issues again, and says so', async (t) => {
  const place = await house(t);
  const { config } = place;
  await initialise(place);
  rmSync(join(config.dataDir, 'server.pem'));
  const now = () => Date.now() + 3600_000;
  await (
    await openCoordinator({
      config,
      now,
      monotonic: () => performance.now(),
      failpoint: () => undefined,
      log: pino({ level: 'silent' }),
    })
  ).close();
  const behind = serve(t, place);
  await behind.ready;
  await behind.stop();
  const { message, hint } = failure('clock_behind', { now: 'DATE', lastIssuance: 'DATE' });
  const lines = withoutDates(behind.log()).trimEnd().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level === 40),
    [{ msg: `the server certificate is due and was not renewed: ${message}`, hint }],
  );
  const accepting = serve(t, place, '--accept-clock');
  await accepting.ready;
  await accepting.stop();
  t.match(accepting.log(), /"level":40,.*"the clock is accepted: certificates are issued again/);
  const { certificate } = readCredential(readFileSync(join(config.dataDir, 'server.pem'), 'utf8'));
  t.ok(certificate.notBefore.getTime() <= Date.now(), 'its certificate is valid now');
});

t.test('a command line that is wrong ends with 2', async (t) => {
  const { code, stderr } = await run('serv');
  t.equal(code, 2);
  t.equal(stderr, "error: unknown command 'serv'\n(Did you mean serve?)\n");
});

t.test('--version prints it on standard output', async (t) => {
  const { code, stdout } = await run('--version');
  t.same([code, stdout], [0, '0.1.0\n']);
});

const withoutDates = (text: string): string => text.replace(/\d{4}-[\dT:.-]+Z/g, 'DATE');

function healthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

t.test(
  'a coordinator that is lost comes back from an encrypted backup of its schedule, with the key alone',
  async (t) => {
    const place = await house(t);
    const [backups, keyFile] = [join(place.folder, 'usb'), join(place.folder, 'backup.key')];
    mkdirSync(backups);
    const made = await run('backup', 'key', keyFile);
    const [, recipient = ''] = /recipients: \[(age1[0-9a-z]+)\]/.exec(made.stdout) ?? [];
    t.equal(statSync(keyFile).mode & 0o777, 0o600);
    t.match((await run('backup', 'key', keyFile)).stderr, printed(failure('backup_exists', { path: keyFile })));
    const backup = { targets: [{ folder: backups }], recipients: [recipient] };
    writeFileSync(place.configFile, stringify({ ...place.config, backup }));
    await initialise(place);
    const served = serve(t, place);
    await served.ready;
    const file = await until('a backup is stored', async () => {
      const [name] = readdirSync(backups).filter((one) => one.endsWith('.age'));
      return name === undefined ? null : join(backups, name);
    });
    await served.stop();
    rmSync(place.config.dataDir, { recursive: true });

    // On another machine, which has another address.
    writeFileSync(place.configFile, stringify({ ...place.config, hosts: ['192.168.2.99'], backup }));
    const restored = (...flags: string[]) => run('restore', file, '--config', place.configFile, ...flags);
    const problem = 'no file with an age identity was given';
    t.match((await restored()).stderr, printed(failure('backup_sealed', { path: file, problem })));
    t.notOk(existsSync(place.config.dataDir));
    const { code, stdout, stderr } = await restored('--identity', keyFile);
    t.equal(code, 0, stderr);
    t.match(stdout, `restored: ${place.config.dataDir}, as of `);
    const { hosts, port } = place.config;
    t.match(
      stdout,
      `its nodes know it as https://${hosts[0]}:${port}; if that leads elsewhere, run this on each of their machines, as root, once the service runs:
  picket-agent set-coordinator https://192.168.2.99:${port} && { rc-service picket-agent restart || systemctl restart picket-agent; }\n`,
    );
  },
);
