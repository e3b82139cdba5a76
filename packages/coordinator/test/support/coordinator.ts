import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readContext } from '@picket/shared/context/context.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { pino } from 'pino';
import type { Test } from 'tap';
import { lifetimes } from '../../src/authority/lifetimes.ts';
import { type Config, configDefaults } from '../../src/config/config.ts';
import { operatorUri } from '../../src/identity/uris.ts';
import type { CoordinatorFailpoint } from '../../src/model/failpoints.ts';
import { type Coordinator, openCoordinator } from '../../src/open-coordinator.ts';
import { type Client, type Credentials, makeClient } from './client.ts';
import { deriveOnce } from './derive-once.ts';
import { initialised } from './initialised.ts';

/** A real coordinator: its store and authorities in its own folder, its port on loopback; the test sets its clock. */
export interface TestCoordinator {
  readonly config: Config;
  readonly clock: { now: number };
  /** Somebody sets its clock by this many milliseconds, while no time passes. */
  setClock(byMs: number): void;
  /** Its log, line by line. */
  readonly log: string[];
  /** The control CA, as PEM. */
  readonly authority: string;
  /** Called at each failpoint; throws nothing unless a test sets it. */
  failpoint: (name: CoordinatorFailpoint) => void;
  /** How a request waits for so many milliseconds: really, unless a test sets it. */
  timeout: (ms: number) => AbortSignal;
  readonly running: Coordinator;
  readonly port: number;
  /** The first admin, as `init` made it. */
  readonly admin: Client;
  readonly stranger: Client;
  /** Makes an operator of this role and of the same name. */
  operator(role: Role): Promise<Client>;
  /** As `operator`, for a test with a client of its own; the name is that of the role unless given. */
  credentials(role: Role, name?: string): Promise<Credentials>;
  /** Issues one more certificate to an operator. */
  certify(name: string): Promise<Credentials>;
  client(credentials: Credentials | null): Client;
  /** Stops it and starts it again on the same folder; earlier clients are then useless. */
  restart(whileStopped?: () => Promise<unknown>): Promise<void>;
}

/** For `hosts: [127.0.0.1, localhost]`, everything below this folder. */
export function testConfig(folder: string): Config {
  return {
    ...configDefaults,
    hosts: ['127.0.0.1', 'localhost'],
    dataDir: join(folder, 'data'),
    passphraseFile: join(folder, 'ca-passphrase'),
    listenAddress: '127.0.0.1',
    logLevel: 'debug',
  };
}

/** @param startsAt the first time of its clock, else the real time */
export async function testCoordinator(
  t: Test,
  startsAt = Date.now(),
  settings: Partial<Config> = {},
): Promise<TestCoordinator> {
  const folder = t.testdir();
  const config = { ...testConfig(folder), ...settings };
  const contextFile = join(folder, 'context.yml');
  // Around the real time: TLS itself checks certificates by that.
  const clock = { now: startsAt };
  let setByMs = 0;
  const log: string[] = [];
  const clients: Client[] = [];
  await initialised(t, config, contextFile, startsAt);
  const context = readContext(readFileSync(contextFile, 'utf8'), contextFile);
  const { certificate, key } = readCredential(context.credential);
  const ada = { certificate: certificate.pem, key: exportPrivateKeyPem(key) };

  let running: Coordinator | null = null;
  const test: Pick<TestCoordinator, 'failpoint' | 'timeout'> = {
    failpoint: () => undefined,
    timeout: (ms) => AbortSignal.timeout(ms),
  };
  async function start(): Promise<Started> {
    running = await openCoordinator({
      config,
      now: () => clock.now,
      monotonic: () => clock.now - setByMs,
      timeout: (ms) => test.timeout(ms),
      failpoint: (name) => test.failpoint(name),
      deriveKey: deriveOnce,
      log: pino({ level: 'debug', base: null }, { write: (line: string) => void log.push(line) }),
    });
    await running.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = running.app.server.address() as AddressInfo;
    return { running, port, admin: client(port, ada), stranger: client(port, null) };
  }
  function client(port: number, credentials: Credentials | null): Client {
    const made = makeClient(port, context.certificateAuthority, credentials);
    clients.push(made);
    return made;
  }
  async function stop(): Promise<void> {
    for (const made of clients.splice(0)) made.close();
    const stopping = running;
    running = null;
    await stopping?.close();
  }

  t.teardown(stop);
  const coordinator: TestCoordinator = Object.assign(test, {
    config,
    clock,
    log,
    authority: context.certificateAuthority,
    ...(await start()),
    client: (credentials: Credentials | null) => client(coordinator.port, credentials),
    setClock(byMs: number) {
      clock.now += byMs;
      setByMs += byMs;
    },
    async operator(role: Role) {
      return coordinator.client(await coordinator.credentials(role));
    },
    credentials: (role: Role, name: string = role) => makeOperator(coordinator.running, role, name, clock.now),
    certify: (name: string) => certifyOperator(coordinator.running, name),
    async restart(whileStopped?: () => Promise<unknown>) {
      await stop();
      await whileStopped?.();
      Object.assign(coordinator, await start());
    },
  });
  return coordinator;
}

type Started = Pick<TestCoordinator, 'running' | 'port' | 'admin' | 'stranger'>;

/** An operator with a certificate. */
async function makeOperator(coordinator: Coordinator, role: Role, name: string, now: number): Promise<Credentials> {
  const credentials = await certifyOperator(coordinator, name);
  await coordinator.inventory.operators.create({ name, role, createdAt: now });
  await coordinator.directory.refreshOperator(name);
  return credentials;
}

async function certifyOperator({ authorities }: Coordinator, name: string): Promise<Credentials> {
  const key = await generateKey('p256');
  const { certificate } = await authorities.issue({
    purpose: 'operator',
    cluster: null,
    principal: operatorUri(name),
    commonName: name,
    sans: [{ type: 'uri', value: operatorUri(name) }],
    publicKey: publicKeyOf(key),
    lifetimeMs: lifetimes.operator,
  });
  return { certificate: certificate.pem, key: exportPrivateKeyPem(key) };
}

/** The file's text, or null if it does not exist. */
export function textOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
