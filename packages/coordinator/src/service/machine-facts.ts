import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { nodeVersionProblem } from '@picket/shared/node-version.ts';
import type { Config } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import { readIfThere } from '../files/whole-file.ts';
import { initSystemHere, serviceState } from './init-system.ts';
import { commandNames, type InitSystem, places, programNames, serviceUser } from './places.ts';
import { programPath, run } from './run.ts';
import { haveSameContent } from './same-files.ts';
import { arriving } from './take-over.ts';

/** Who has become root with sudo. */
export interface Caller {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** It holds the credential of an operator, of whichever coordinator. */
  readonly hasContext: boolean;
}

/** What counts of a machine for a coordinator that is a service. */
export interface MachineFacts {
  readonly isRoot: boolean;
  /** How to run this as root. */
  readonly rootCommand: string;
  readonly init: InitSystem | null;
  readonly inMemory: boolean;
  /** A folder that `npm run build` made, unless what runs here is what is installed. */
  readonly distribution: string | null;
  /** Whose package has installed the coordinator. */
  readonly packager: 'dpkg' | 'apk' | null;
  readonly hasPrograms: boolean;
  readonly hasThesePrograms: boolean;
  readonly hasThisService: boolean;
  /** The Node.js that runs this, and whether the service finds one that fits. */
  readonly node: { readonly path: string; readonly version: string; readonly forService: boolean };
  readonly hasUser: boolean;
  readonly hasConfig: boolean;
  /** `made` by root, and `served` once the service has begun to use it. */
  readonly data: 'none' | 'made' | 'served';
  /** A take-over was cut off, so the data of a coordinator may be on its way here. */
  readonly isArriving: boolean;
  /** The context file of root, which `init` makes. */
  readonly hasContext: boolean;
  readonly runs: boolean;
  readonly startsAtBoot: boolean;
  /** The port of the coordinator, if a program listens there. */
  readonly portTaken: number | null;
  readonly caller: Caller | null;
}

export interface Invocation {
  /** The file that Node.js was started with, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The context file of the user that runs this. */
  readonly contextFile: string;
}

/** Looks, and changes nothing. */
export async function lookAtMachine(invocation: Invocation, config: Config): Promise<MachineFacts> {
  const init = initSystemHere();
  const distribution = distributionOf(invocation.program);
  const state = await serviceState(init);
  return {
    isRoot: process.getuid?.() === 0,
    rootCommand: rootCommand(invocation, distribution),
    init,
    inMemory: isInMemory(await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')),
    distribution,
    packager: await packagerOf(join(places.programs, 'picket-coordinator.cjs')),
    hasPrograms: existsSync(join(places.programs, 'picket-coordinator.cjs')),
    hasThesePrograms: distribution !== null && (await hasProgramsOf(distribution)),
    hasThisService: await hasServiceOf(init, distribution),
    node: await nodeFacts(),
    hasUser: (await passwdEntry(serviceUser)) !== null,
    hasConfig: existsSync(places.config),
    data: dataState(config),
    isArriving: existsSync(arriving),
    hasContext: existsSync(invocation.contextFile),
    ...state,
    portTaken: (await isListening(config)) ? config.port : null,
    caller: await callerOf(invocation.env),
  };
}

/** The folder that these programs came in. */
function distributionOf(program: string): string | null {
  const folder = dirname(realpathSync(program));
  if (folder === places.programs) return null;
  const candidates = [folder, join(folder, '../../../dist')];
  return (
    candidates.find((one) => existsSync(join(one, 'picket-coordinator.cjs')) && existsSync(join(one, 'bin'))) ?? null
  );
}

function rootCommand({ program, args }: Invocation, distribution: string | null): string {
  const file = distribution === null ? program : join(distribution, 'picket-coordinator.cjs');
  return ['sudo', process.execPath, file, ...args].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether the system's root is in memory. Pure. @param mountinfo as in proc(5) */
export function isInMemory(mountinfo: string): boolean {
  const root = mountinfo.split('\n').filter((line) => line.split(' ')[4] === '/');
  return /^(?:tmpfs|ramfs|rootfs)$/.test(/ - (\S+)/.exec(root.at(-1) ?? '')?.[1] ?? '');
}

async function packagerOf(path: string): Promise<MachineFacts['packager']> {
  if ((await run('dpkg-query', ['--search', path])).ok) return 'dpkg';
  return (await run('apk', ['info', '--who-owns', path])).ok ? 'apk' : null;
}

async function hasProgramsOf(distribution: string): Promise<boolean> {
  for (const name of programNames)
    if (!(await haveSameContent(join(places.programs, name), join(distribution, name)))) return false;
  for (const name of commandNames)
    if (!(await haveSameContent(join(places.commands, name), join(distribution, 'bin', name)))) return false;
  return true;
}

async function hasServiceOf(init: InitSystem | null, distribution: string | null): Promise<boolean> {
  if (init === null) return false;
  const { service } = places[init];
  if (distribution !== null) return haveSameContent(service, join(distribution, serviceFile[init]));
  return existsSync(service) || existsSync('/usr/lib/systemd/system/picket-coordinator.service');
}

/** Where a distribution has the file of the service. */
export const serviceFile: Readonly<Record<InitSystem, string>> = {
  openrc: 'openrc/picket-coordinator.initd',
  systemd: 'systemd/picket-coordinator.service',
};

async function nodeFacts(): Promise<MachineFacts['node']> {
  const paths = [join(places.ownNode, 'bin/node'), ...programPath.split(':').map((folder) => join(folder, 'node'))];
  const found: string[] = [];
  for (const path of paths) if (await canRun(path)) found.push(path);
  const [first] = found;
  const told = first === undefined ? '' : (await run(first, ['--version'])).stdout.trim().replace(/^v/, '');
  return {
    path: process.execPath,
    version: process.versions.node,
    forService: told !== '' && nodeVersionProblem(told) === null,
  };
}

function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function dataState({ dataDir }: Config): MachineFacts['data'] {
  if (!existsSync(placesIn(dataDir).database)) return 'none';
  return lstatSync(dataDir).uid === 0 ? 'made' : 'served';
}

async function isListening({ port, listenAddress }: Config): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => done(code === 'EADDRINUSE'));
    server.listen({ port, host: listenAddress }, () => server.close(() => done(false)));
  });
}

/** An entry of passwd(5). */
async function passwdEntry(user: string): Promise<readonly string[] | null> {
  const lines = (await readIfThere('/etc/passwd')) ?? '';
  return (
    lines
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === user) ?? null
  );
}

async function callerOf(env: NodeJS.ProcessEnv): Promise<Caller | null> {
  const name = env.SUDO_USER ?? env.DOAS_USER;
  if (name === undefined || name === 'root') return null;
  const [user, , uid, gid, , home] = (await passwdEntry(name)) ?? [];
  if (user === undefined || home === undefined) return null;
  const hasContext = await stat(join(home, '.config/picket/context.yml')).then(
    () => true,
    () => false,
  );
  return { user, uid: Number(uid), gid: Number(gid), home, hasContext };
}
