import { backupCopyErrand } from '../backups/backup-copy-errand.ts';
import { defaultConfigPath, ownsMachine } from '../config/config.ts';
import { coordinatorLink } from '../coordinator/client.ts';
import { undatedCoordinator } from '../coordinator/undated.ts';
import { formerAsker } from '../etcd/former-voter.ts';
import { probeMember } from '../etcd/probe.ts';
import { prover } from '../etcd/prove.ts';
import { findLbu } from '../host/lbu.ts';
import { machineReadings } from '../host/machine.ts';
import { ownOutput } from '../host/own-output.ts';
import { restoreProgramFinder } from '../host/restore-program.ts';
import { identityRenewal } from '../identity/identity-renewal.ts';
import type { Identity } from '../identity/identity-store.ts';
import { isMemberRecord } from '../identity/node-record.ts';
import { logErrand } from '../logs/log-errand.ts';
import { agentSources, etcdSources, readLog } from '../logs/read-log.ts';
import type { AgentDeps } from '../loop/agent.ts';
import { type OverlayKeeper, overlayKeeper } from '../loop/overlay-keeper.ts';
import { maintenanceErrand } from '../maintenance/maintenance-errand.ts';
import { programsFolder } from '../model/program.ts';
import { restoreToolReader } from '../observe/restore-tool.ts';
import type { Log } from '../program/log.ts';
import { agentVersion } from '../program/version.ts';
import { programObstacle } from '../programs/fetch-program.ts';
import { programKeeper } from '../programs/program-keeper.ts';
import { toolFolder } from '../snapshots/fetch-tool.ts';
import { snapshotRestorer } from '../snapshots/restore-snapshot.ts';
import { snapshotErrand } from '../snapshots/snapshot-errand.ts';
import type { AgentIo } from './io.ts';
import { type Setting, systemHere } from './setting.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

/** What the agent needs of the real machine. `close` ends the connections to the coordinator. */
export async function agentDeps(
  io: AgentIo,
  setting: Setting,
  identity: Identity,
  log: Log,
): Promise<AgentDeps & Pick<Surroundings, 'programCheck'> & { readonly close: () => Promise<void> }> {
  const { paths, config, store } = setting;
  const surroundings = await surroundingsOf(io, setting, identity.node);
  const { etcdOwner: owner, unit } = surroundings;
  const { clock, files } = surroundings.host;
  const { credentialPem, node, controlCertificates: trust } = identity;
  const link = coordinatorLink({ url: node.coordinator, trust, credential: credentialPem, clock });
  const programs = programKeeper({
    coordinator: link,
    check: surroundings.programCheck,
    stateDir: paths.stateDir,
    owner,
    files,
    clock,
    random: io.random,
    freeBytes: setting.inspection.freeBytes,
    log,
  });
  const findProgram = restoreProgramFinder({ etcd: unit.binary, owner, clock, ofRelease: programs.folder });
  const undated = () =>
    undatedCoordinator({ url: node.coordinator, trust: link.trust(), credential: link.credential() });
  return {
    ...surroundings,
    coordinator: link,
    undated: {
      time: (passed) => undated().time(passed),
      report: (request, passed) => undated().report(request, passed),
    },
    probe: probeMember,
    askFormer: formerAsker(),
    snapshots: snapshotErrand(link, log),
    maintenance: maintenanceErrand(clock, log),
    beginLog: logErrand(
      link,
      async (order) => {
        const own = order.log === 'agent';
        const sources = own ? agentSources(await ownOutput(io.env)) : etcdSources(unit, surroundings.host.init.name);
        return readLog(sources, order, { now: clock.now() });
      },
      log,
    ),
    keepBackupCopy: backupCopyErrand({
      ...{ coordinator: link, stateDir: paths.stateDir, files, clock, log },
      freeBytes: setting.inspection.freeBytes,
    }),
    programs,
    restoreSnapshot: snapshotRestorer(link, { findProgram, stateDir: paths.stateDir, files, clock }),
    restoreTool: isMemberRecord(node)
      ? restoreToolReader(findProgram, () => programObstacle(paths.stateDir, owner))
      : async () => null,
    prove: prover(),
    readings: { ...machineReadings(), system: () => systemHere(setting) },
    overlay: (await overlayOf(io, setting, log)) ?? undefined,
    async trustControl(bundle) {
      if (bundle === link.trust()) return;
      await store.keepControlCertificates(bundle);
      await link.replace({ trust: bundle });
    },
    identity: identityRenewal({ store, link, clock, random: io.random, failpoint: io.failpoint, log }, identity),
    reportSeconds: config.reportSeconds,
    version: agentVersion,
    random: io.random,
    failpoint: io.failpoint,
    log,
    close: () => link.close(),
  };
}

/**
 * On a diskless Alpine, lbu saves what apk lists: all of /etc, but of /etc/init.d only links, and nothing outside /etc.
 * These are the folders of the packages and of the manual installation.
 */
const toInclude = ['/etc/init.d/etcd', '/etc/init.d/picket-agent', '/usr/lib/picket', '/usr/bin/picket-agent'];

/** Saves /etc on a diskless Alpine; null on any other machine, and if this agent is one of several. */
async function overlayOf(
  { uid }: Pick<AgentIo, 'uid'>,
  { config, host, inspection, paths }: Setting,
  log: Log,
): Promise<OverlayKeeper | null> {
  if (uid !== 0 || !ownsMachine(config)) return null;
  const lbu = await findLbu(inspection);
  if (lbu === null) return null;
  const runlevels = ['/etc/runlevels/default/etcd', '/etc/runlevels/default/picket-agent'];
  const settings = ['/etc/conf.d/etcd', '/etc/conf.d/picket-agent', defaultConfigPath];
  return overlayKeeper({
    lbu,
    files: host.files,
    clock: host.clock,
    log,
    stateDir: paths.stateDir,
    // `join` may have made etcd's user.
    saved: [paths.etcDir, paths.profile, '/etc/passwd', '/etc/group', ...settings, ...runlevels, ...toInclude],
    toInclude,
    toExclude: [toolFolder(paths.stateDir), programsFolder(paths.stateDir)],
  });
}
