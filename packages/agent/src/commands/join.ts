import { failure, PicketError } from '@picket/shared/errors.ts';
import { join } from '../identity/join.ts';
import { nodeFacts } from '../identity/node-facts.ts';
import type { NodeRecord } from '../identity/node-record.ts';
import { readJoinString } from '../identity/read-join-string.ts';
import { beginJournal, journalPath, openJournal } from '../journal.ts';
import { checkMemberPorts } from '../preflight/member-ports.ts';
import { preflight } from '../preflight/preflight.ts';
import type { AgentIo, CommonOptions, Output } from './io.ts';
import { alone } from './run.ts';
import { readSetting, type Setting } from './setting.ts';

export interface JoinOptions extends CommonOptions {
  readonly coordinator?: string;
  readonly name?: string;
  readonly joinFile?: string;
  readonly again?: boolean;
  readonly output: Output;
}

/** Makes this machine a node, and starts nothing: `picket-agent run` does. */
export async function joinCommand(io: AgentIo, options: JoinOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { config, host, store, inspection, paths } = setting;
  const url = options.coordinator ?? config.coordinator;
  if (url === null) {
    throw failure('coordinator_url_invalid', {
      url: '(none)',
      problem: 'give it with --coordinator, or as coordinator in agent.yml',
    });
  }
  const joinString = await readJoinString({ file: options.joinFile, env: io.env, stdin: io.stdin, files: host.files });
  const joined = await join(
    {
      store,
      clock: host.clock,
      failpoint: io.failpoint,
      async follows() {
        const { stateDir } = paths;
        if (!(await host.files.exists(journalPath(stateDir)))) return null;
        const { inventory } = (await openJournal(host.files, stateDir)).current();
        return inventory === null ? null : { inventory, stateDir };
      },
      async preflight() {
        const { etcdVersion } = await preflight(inspection, host.files, config, io.uid);
        await beginRecord(setting);
        const { files, network } = host;
        return nodeFacts({ files, network, paths, etcdVersion, architecture: io.architecture });
      },
    },
    { url, joinString, name: options.name ?? config.name ?? host.network.hostname, again: options.again === true },
  );
  const { node } = joined;
  await checkPorts(setting, node.member);
  if (options.output === 'json') {
    io.stdout.write(`${JSON.stringify({ outcome: joined.kind, ...node }, null, 2)}\n`);
    return;
  }
  const { name, address } = node.member;
  const said = joined.kind === 'already' ? 'This machine is already' : 'This machine is now';
  io.stdout.write(
    `${said} the member ${name} (${address}) of ${node.cluster}, node ${node.nodeId} at ${node.coordinator}.\n` +
      `Its identity and memory are in ${paths.stateDir}.\n` +
      'Next: picket-agent run. It fetches certificates and starts etcd when it is this member’s turn.\n',
  );
}

/**
 * Now that its ports are known. Nothing is taken back if one is taken: the node has joined, and whoever frees the port
 * goes on from there. Where an agent is at work or etcd runs, what listens there is this node's own.
 */
async function checkPorts({ host, config }: Setting, member: NodeRecord['member']): Promise<void> {
  const check = async (): Promise<void> => {
    const service = await host.init.state();
    if (service.kind !== 'running') await checkMemberPorts(host.network, member);
  };
  await alone(config.stateDir, 0, check).catch((error: unknown) => {
    if (!(error instanceof PicketError) || error.code !== 'agent_running') throw error;
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
