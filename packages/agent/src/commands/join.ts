import { type ErrorCode, failure, PicketError } from '@picket/shared/errors.ts';
import { isLoopback } from '@picket/shared/names.ts';
import { defaultConfigPath } from '../config/config.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import { removeIfEmpty } from '../host/files/remove-tree.ts';
import type { HostFiles } from '../host/host.ts';
import { makeMissingUser } from '../host/make-user.ts';
import { defaultEtcdUser } from '../host/users.ts';
import { type JoinDependencies, type Joined, type JoinRequestOptions, join, joinAsClient } from '../identity/join.ts';
import { clientFacts, nodeFacts } from '../identity/node-facts.ts';
import { isMemberRecord, type MemberRecord, type NodeRecord, nodeRoleOf } from '../identity/node-record.ts';
import { readJoinString } from '../identity/read-join-string.ts';
import { beginJournal, journalPath, openJournal } from '../journal/journal-store.ts';
import type { Paths } from '../model/model.ts';
import { type Check, checkLines, ok, warning } from '../preflight/check.ts';
import { clientPreflight } from '../preflight/client-preflight.ts';
import { checkOffset } from '../preflight/clock.ts';
import { checkPorts } from '../preflight/member-ports.ts';
import { checkNames } from '../preflight/names.ts';
import { preflight } from '../preflight/preflight.ts';
import { releaseInstead } from '../preflight/release-instead.ts';
import { answerOf } from './coordinator-answer.ts';
import { cleanUp } from './free-machine.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { preflightDeps } from './preflight.ts';
import { etcdRemedy, readSetting, type Setting } from './setting.ts';

export interface JoinOptions extends CommonOptions {
  readonly coordinator?: string;
  readonly name?: string;
  readonly address?: string;
  readonly joinFile?: string;
  readonly client?: boolean;
  readonly again?: boolean;
  readonly output: Output;
}

/** Makes this machine a node. It starts nothing; `picket-agent run` does. */
export async function joinCommand(io: AgentIo, options: JoinOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { config, host, store, paths } = setting;
  const url = options.coordinator ?? config.coordinator;
  if (url === null) {
    throw failure('coordinator_url_invalid', {
      url: '(none)',
      problem: 'set --coordinator, or coordinator in agent.yml',
    });
  }
  const joinString = await readJoinString({ file: options.joinFile, env: io.env, stdin: io.stdin, files: host.files });
  const { stateDir } = paths;
  await cleanUp(io, setting);
  const untouched = await isUntouched(host.files, stateDir);
  const deps = {
    store,
    clock: host.clock,
    failpoint: io.failpoint,
    async follows() {
      if (!(await host.files.exists(journalPath(stateDir)))) return null;
      const { inventory } = (await openJournal(host.files, stateDir)).current();
      return inventory === null ? null : { inventory, stateDir };
    },
  };
  const name = options.name ?? config.name ?? host.network.hostname;
  const hostNamed = options.name === undefined && config.name === null;
  const address = options.address === undefined ? {} : { address: options.address };
  const request: JoinRequestOptions = { url, joinString, name, hostNamed, ...address, again: options.again === true };
  const isClient = options.client === true;
  const machine: Machine = { checks: [], etcdProblem: null, made: [] };
  const joined = await attempt(io, setting, deps, request, { isClient, machine }).catch(async (error: unknown) => {
    if (untouched) await forgetAttempt(host.files, stateDir, error);
    if (error instanceof PicketError && error.code === 'already_joined') await checkStays(setting);
    throw await withRemedy(setting, error, machine);
  });
  const { node } = joined;
  const stays = joined.kind === 'already' ? await checkStays(setting) : [];
  // Known only now. A taken port does not undo the join: the operator frees it, and the node goes on.
  const ports = isMemberRecord(node) ? [await checkPorts(host, node.member)] : [];
  const checks =
    joined.kind === 'already'
      ? stays
      : [...machineChecks(machine, joined), ...(await placeChecks(setting, joined)), ...ports];
  const next = await startCommand(host.files, options.config);
  const said = joined.kind === 'already' ? 'This machine is already' : 'This machine is now';
  const { what, does } = inWords(node, paths);
  print(
    io,
    options,
    { outcome: joined.kind, ...node, checks },
    () =>
      `${checkLines(checks)}${said} ${what} of ${node.cluster}, node ${node.nodeId} at ${node.coordinator}.\n` +
      `Its identity and journal are in ${paths.stateDir}.\n` +
      `Next: ${next}. ${does}\n`,
  );
}

/** How to start the agent: with the installed service, if there is one. */
async function startCommand(files: Pick<HostFiles, 'exists'>, config: string | undefined): Promise<string> {
  // The service reads the default configuration file.
  if (config !== undefined && config !== defaultConfigPath) return `picket-agent run --config ${config}`;
  if (await files.exists('/etc/init.d/picket-agent'))
    return 'rc-update add picket-agent default && rc-service picket-agent start';
  for (const folder of ['/etc/systemd/system', '/usr/lib/systemd/system']) {
    if (await files.exists(`${folder}/picket-agent.service`)) return 'systemctl enable --now picket-agent';
  }
  return 'picket-agent run';
}

/** What this node is, and what its agent does once it runs. */
function inWords(node: NodeRecord, { etcDir }: Paths): { readonly what: string; readonly does: string } {
  if (!isMemberRecord(node)) {
    const does = `It keeps the client certificate and the CA bundle in ${etcDir} up to date, and runs no etcd.`;
    return { what: `the client ${node.client.name}`, does };
  }
  const { name, address } = node.member;
  const does = 'It fetches certificates and starts etcd when it is this member’s turn.';
  return { what: `the member ${name} (${address})`, does };
}

type Deps = Omit<JoinDependencies, 'preflight'>;

/** What an attempt has found on this machine, and made there. */
interface Machine {
  checks: readonly Check[];
  /** Why no member can run the installed etcd. */
  etcdProblem: PicketError | null;
  made: readonly Check[];
}

/** Once the coordinator has answered, its time replaces this machine's check of the clock, and a release that of etcd. */
function machineChecks({ checks, made }: Machine, { release }: Extract<Joined, { kind: 'joined' }>): Check[] {
  const own = checks.filter(({ name }) => name !== 'clock');
  if (release === null) return own;
  const fetched = ok('etcd', `${release}, a release that the agent fetches from the coordinator`);
  return own.flatMap((check) => (check.name === 'etcd' ? [fetched, ...made] : [check]));
}

async function attempt(
  io: AgentIo,
  setting: Setting,
  deps: Deps,
  request: JoinRequestOptions,
  { isClient, machine }: { readonly isClient: boolean; readonly machine: Machine },
): Promise<Joined> {
  const { files, network } = setting.host;
  const sources = { files, network, architecture: io.architecture };
  const begin = async (checks: readonly Check[]): Promise<void> => {
    machine.checks = checks;
    await beginRecord(setting);
  };
  return isClient
    ? joinAsClient(
        {
          ...deps,
          async preflight() {
            await begin(await clientPreflight(preflightDeps(io, setting)));
            return clientFacts(sources);
          },
        },
        request,
      )
    : join(
        {
          ...deps,
          async preflight() {
            const { etcdVersion, etcdProblem, checks } = await preflight(preflightDeps(io, setting));
            machine.etcdProblem = etcdProblem;
            await begin(checks);
            return nodeFacts({ ...sources, paths: setting.paths, etcdVersion });
          },
          async prepare(release) {
            if (release !== null) machine.made = await makeUser(io, setting);
          },
        },
        request,
      );
}

/** A machine without etcd's package may have no user for it. Only root can make one, and only root runs etcd as another. */
async function makeUser({ uid }: AgentIo, { config, host }: Setting): Promise<readonly Check[]> {
  if (uid !== 0) return [];
  const user = config.etcdUser ?? defaultEtcdUser;
  return (await makeMissingUser(host.files, user))
    ? [ok('user', `made the system user "${user}", which runs etcd`)]
    : [];
}

/** The checks that need the coordinator's answer. A machine that gave only its address learns its name from it. */
async function placeChecks(
  { inspection }: Setting,
  { node, names, clockOffsetMs }: Extract<Joined, { kind: 'joined' }>,
): Promise<Check[]> {
  const resolved = await checkNames(inspection, names);
  return [
    checkOffset(clockOffsetMs),
    ...(isMemberRecord(node) ? [addressCheck(node.member)] : []),
    ...(resolved === null ? [] : [resolved]),
  ];
}

function addressCheck({ address }: MemberRecord['member']): Check {
  const where = isLoopback(address) ? 'a loopback address, allowed by the cluster' : 'on an interface of this machine';
  return ok('address', `${address}, ${where}`);
}

/**
 * Whether the node that this machine is stays one, by the coordinator's word: only its agent knows when it has left. Throws
 * `member_leaving`, and `node_evicted` as the coordinator says it.
 */
async function checkStays(setting: Setting): Promise<Check[]> {
  const identity = await setting.store.load();
  if (identity === null) return [];
  const { refused, isLeaving, problem } = await answerOf(setting, identity);
  if (refused?.code === 'node_evicted') throw refused;
  const { nodeId, cluster } = identity.node;
  if (isLeaving) throw failure('member_leaving', { nodeId, cluster, member: nodeRoleOf(identity.node).name });
  const unknown = problem ?? refused;
  return unknown === null ? [] : [warning('coordinator', unknown.message, unconfirmed)];
}

const unconfirmed =
  'Whether operators have removed this node since is not known. Run join again once the coordinator answers.';

/**
 * Begins the journal before there is an identity. The journal keeps an agent from making an empty data directory for a
 * member that has lived (R4). So an identity without a journal cannot be repaired by a new one.
 */
async function beginRecord({ host, paths }: Setting): Promise<void> {
  const path = journalPath(paths.stateDir);
  if (await host.files.exists(path)) return;
  for (const trace of ['identity.pem', 'identity.key']) {
    // Keeps even a damaged identity: the agent would use its key again and get the same identity as the answer.
    if (await host.files.exists(`${paths.stateDir}/${trace}`)) throw failure('agent_state_missing', { path });
  }
  // etcd runs unprivileged and must pass through this folder to its data; the secret files in it have mode 0600.
  await host.files.ensureFolder(paths.stateDir, 0o711, null);
  await beginJournal(host.files, paths.stateDir);
}

const traces = ['journal.json', 'identity.key'];

/** True if this machine holds no trace of a join yet. */
async function isUntouched(files: Pick<HostFiles, 'list'>, stateDir: string): Promise<boolean> {
  const found = await files.list(stateDir);
  return !found.some((name) => [...traces, 'identity.pem'].includes(name));
}

/**
 * Removes the files of a first attempt to join that the coordinator has refused; nothing was spent. After any other
 * failure, keep the key: the answer may have been lost, and the agent needs the same key to ask again.
 */
async function forgetAttempt(files: Pick<HostFiles, 'remove'>, stateDir: string, refusal: unknown): Promise<void> {
  if (!grantsNothing(refusal)) return;
  for (const name of traces) await files.remove(`${stateDir}/${name}`);
  await removeIfEmpty(stateDir);
}

const refusalsOfInstalled = ['etcd_not_installed', 'etcd_too_old', 'etcd_too_new'];

/** The coordinator knows which etcd is needed, and only this machine how it is installed here. */
async function withRemedy(setting: Setting, error: unknown, { etcdProblem }: Machine): Promise<unknown> {
  if (!(error instanceof RemoteError)) return error;
  if (etcdProblem !== null && refusalsOfInstalled.includes(error.code)) {
    const unspent = 'Nothing was changed on this machine, and the join token was not used.';
    const hint = `${etcdProblem.hint}\n${releaseInstead}\n${unspent}`;
    return new RemoteError(error.status, { ...etcdProblem.toWire(), hint });
  }
  if (error.code !== 'etcd_minor_differs') return error;
  const { minor } = error.details;
  if (typeof minor !== 'string' || !/^\d{1,4}\.\d{1,4}$/.test(minor)) return error;
  const remedy = await etcdRemedy(setting, minor);
  return new RemoteError(error.status, {
    ...error.toWire(),
    hint: `${error.hint}\nFor this machine: ${remedy}\n${releaseInstead}`,
  });
}

const nothingSent: readonly ErrorCode[] = ['pin_mismatch', 'clock_wrong'];

function grantsNothing(error: unknown): boolean {
  if (error instanceof RemoteError) return error.status >= 400 && error.status < 500;
  return error instanceof PicketError && nothingSent.includes(error.code);
}
