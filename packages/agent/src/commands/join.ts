import { failure, PicketError } from '@picket/shared/errors.ts';
import { isLoopback } from '@picket/shared/names.ts';
import { defaultConfigPath } from '../config/config.ts';
import type { HostFiles } from '../host/host.ts';
import { type JoinDependencies, type Joined, type JoinRequestOptions, join, joinAsClient } from '../identity/join.ts';
import { clientFacts, nodeFacts } from '../identity/node-facts.ts';
import { isMemberRecord, type MemberRecord, type NodeRecord } from '../identity/node-record.ts';
import { readJoinString } from '../identity/read-join-string.ts';
import { beginJournal, journalPath, openJournal } from '../journal/journal-store.ts';
import type { Paths } from '../model/model.ts';
import { type Check, checkLines, ok } from '../preflight/check.ts';
import { clientPreflight } from '../preflight/client-preflight.ts';
import { checkOffset } from '../preflight/clock.ts';
import { checkMemberPorts } from '../preflight/member-ports.ts';
import { checkNames } from '../preflight/names.ts';
import { preflight } from '../preflight/preflight.ts';
import { forgetAttempt, isUntouched } from './forget-attempt.ts';
import type { AgentIo, CommonOptions, Output } from './io.ts';
import { preflightDeps } from './preflight.ts';
import { alone } from './run.ts';
import { readSetting, type Setting } from './setting.ts';

export interface JoinOptions extends CommonOptions {
  readonly coordinator?: string;
  readonly name?: string;
  readonly address?: string;
  readonly joinFile?: string;
  readonly client?: boolean;
  readonly again?: boolean;
  readonly output: Output;
}

/** Makes this machine a node, and starts nothing: `picket-agent run` does. */
export async function joinCommand(io: AgentIo, options: JoinOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { config, host, store, paths } = setting;
  const url = options.coordinator ?? config.coordinator;
  if (url === null) {
    throw failure('coordinator_url_invalid', {
      url: '(none)',
      problem: 'give it with --coordinator, or as coordinator in agent.yml',
    });
  }
  const joinString = await readJoinString({ file: options.joinFile, env: io.env, stdin: io.stdin, files: host.files });
  const { stateDir } = paths;
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
  const address = options.address === undefined ? {} : { address: options.address };
  const request: JoinRequestOptions = { url, joinString, name, ...address, again: options.again === true };
  const attempt = options.client === true ? asClient : asMember;
  const { joined, machineChecks } = await attempt(io, setting, deps, request).catch(async (error: unknown) => {
    if (untouched) await forgetAttempt(host.files, stateDir, error);
    throw error;
  });
  const { node } = joined;
  const ports = await checkPorts(setting, node);
  const checks = joined.kind === 'already' ? [] : [...machineChecks, ...(await placeChecks(setting, joined)), ...ports];
  if (options.output === 'json') {
    io.stdout.write(`${JSON.stringify({ outcome: joined.kind, ...node, checks }, null, 2)}\n`);
    return;
  }
  const next = await startCommand(host.files, options.config);
  const said = joined.kind === 'already' ? 'This machine is already' : 'This machine is now';
  const { what, does } = inWords(node, paths);
  io.stdout.write(
    `${checkLines(checks)}${said} ${what} of ${node.cluster}, node ${node.nodeId} at ${node.coordinator}.\n` +
      `Its identity and memory are in ${paths.stateDir}.\n` +
      `Next: ${next}. ${does}\n`,
  );
}

/** By the service that the installation brought, if it did. */
async function startCommand(files: Pick<HostFiles, 'exists'>, config: string | undefined): Promise<string> {
  // The service reads the default one.
  if (config !== undefined && config !== defaultConfigPath) return `picket-agent run --config ${config}`;
  if (await files.exists('/etc/init.d/picket-agent'))
    return 'rc-update add picket-agent default && rc-service picket-agent start';
  for (const folder of ['/etc/systemd/system', '/usr/lib/systemd/system']) {
    if (await files.exists(`${folder}/picket-agent.service`)) return 'systemctl enable --now picket-agent';
  }
  return 'picket-agent run';
}

/** What a node is, and what its agent does once it runs. */
function inWords(node: NodeRecord, { etcDir }: Paths): { readonly what: string; readonly does: string } {
  if (!isMemberRecord(node)) {
    const does = `It keeps a client certificate and the bundle fresh in ${etcDir}, and runs no etcd.`;
    return { what: `the client ${node.client.name}`, does };
  }
  const { name, address } = node.member;
  const does = 'It fetches certificates and starts etcd when it is this member’s turn.';
  return { what: `the member ${name} (${address})`, does };
}

type Deps = Omit<JoinDependencies, 'preflight'>;

interface Attempt {
  readonly joined: Joined;
  /** Without the clock's, which is told by the coordinator's once that is known. */
  readonly machineChecks: readonly Check[];
}

async function asMember(io: AgentIo, setting: Setting, deps: Deps, request: JoinRequestOptions): Promise<Attempt> {
  const { host, paths } = setting;
  let machineChecks: readonly Check[] = [];
  const joined = await join(
    {
      ...deps,
      async preflight() {
        const { etcdVersion, checks } = await preflight(preflightDeps(io, setting));
        machineChecks = withoutClock(checks);
        await beginRecord(setting);
        const { files, network } = host;
        return nodeFacts({ files, network, paths, etcdVersion, architecture: io.architecture });
      },
    },
    request,
  );
  return { joined, machineChecks };
}

async function asClient(io: AgentIo, setting: Setting, deps: Deps, request: JoinRequestOptions): Promise<Attempt> {
  const { files, network } = setting.host;
  let machineChecks: readonly Check[] = [];
  const joined = await joinAsClient(
    {
      ...deps,
      async preflight() {
        machineChecks = withoutClock(await clientPreflight(preflightDeps(io, setting)));
        await beginRecord(setting);
        return clientFacts({ files, network, architecture: io.architecture });
      },
    },
    request,
  );
  return { joined, machineChecks };
}

function withoutClock(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ name }) => name !== 'clock');
}

/** What could be looked at only with the coordinator's answer, which is given to a machine that has the address alone. */
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
  const where = isLoopback(address)
    ? 'a loopback address, which the cluster allows'
    : 'on an interface of this machine';
  return ok('address', `${address}, ${where}`);
}

/**
 * Now that its ports are known. Nothing is taken back if one is taken: the node has joined, and whoever frees the port
 * goes on from there. Where an agent is at work or etcd runs, what listens there is this node's own.
 */
async function checkPorts({ host, config }: Setting, node: NodeRecord): Promise<Check[]> {
  if (!isMemberRecord(node)) return [];
  const { member } = node;
  const check = async (): Promise<Check[]> => {
    const service = await host.init.state();
    return service.kind === 'running' ? [] : [await checkMemberPorts(host.network, member)];
  };
  return alone(config.stateDir, 0, check).catch((error: unknown) => {
    if (!(error instanceof PicketError) || error.code !== 'agent_running') throw error;
    return [];
  });
}

/**
 * Begins the journal before there is an identity. An identity without a journal has lost its memory, and with it what
 * keeps an empty data dir from being made under a member that has lived (R4): that is no node to begin anew.
 */
async function beginRecord({ host, paths }: Setting): Promise<void> {
  const path = journalPath(paths.stateDir);
  if (await host.files.exists(path)) return;
  for (const trace of ['identity.pem', 'identity.key']) {
    // Even a damaged one: its key would be used again, and be answered with the same identity.
    if (await host.files.exists(`${paths.stateDir}/${trace}`)) throw failure('agent_state_missing', { path });
  }
  // etcd, unprivileged, must be able to walk through it to its data; what is secret in it is 0600.
  await host.files.ensureFolder(paths.stateDir, 0o711, null);
  await beginJournal(host.files, paths.stateDir);
}
