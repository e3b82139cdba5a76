import type { AgentDeps } from '../agent.ts';
import { coordinatorLink } from '../coordinator-link.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { probeMember } from '../etcd/probe.ts';
import { machineReadings } from '../host/machine.ts';
import { etcdOwner } from '../host/users.ts';
import type { Identity } from '../identity/identity-store.ts';
import { identityUpkeep } from '../identity/identity-upkeep.ts';
import type { Log } from '../log.ts';
import { etcdVersionReader } from '../observe/etcd-version.ts';
import { undatedCoordinator } from '../undated-coordinator.ts';
import { agentVersion } from '../version.ts';
import type { AgentIo } from './io.ts';
import { overlayOf } from './overlay.ts';
import { etcdUnit, type Setting } from './setting.ts';

/** The agent's real surroundings. `close` ends the connections to the coordinator. */
export async function agentDeps(
  io: AgentIo,
  setting: Setting,
  identity: Identity,
  log: Log,
): Promise<AgentDeps & { readonly close: () => Promise<void> }> {
  const { host, paths, config, inspection, store } = setting;
  const owner = await etcdOwner(host.files, config.etcdUser, io.uid);
  const unit = await etcdUnit(setting, owner);
  const { credentialPem, node, controlCertificates: trust } = identity;
  const link = coordinatorLink({ url: node.coordinator, trust, credential: credentialPem, clock: host.clock });
  const undated = () =>
    undatedCoordinator({ url: node.coordinator, trust: link.trust(), credential: link.credential() });
  return {
    host,
    paths,
    unit,
    etcdOwner: owner,
    coordinator: link,
    undated: {
      time: (passed) => undated().time(passed),
      report: (request, passed) => undated().report(request, passed),
    },
    connectEtcd: (endpoint) => etcdGateway(endpoint),
    probe: probeMember,
    readings: machineReadings(),
    etcdVersion: etcdVersionReader(unit.binary, inspection.etcdVersion),
    overlay: (await overlayOf(io, setting, log)) ?? undefined,
    async trustControl(bundle) {
      if (bundle === link.trust()) return;
      await store.keepControlCertificates(bundle);
      await link.replace({ trust: bundle });
    },
    identity: identityUpkeep(
      { store, link, clock: host.clock, random: io.random, failpoint: io.failpoint, log },
      identity,
    ),
    reportSeconds: config.reportSeconds,
    version: agentVersion,
    buildTime: io.buildTime,
    random: io.random,
    failpoint: io.failpoint,
    log,
    close: () => link.close(),
  };
}
