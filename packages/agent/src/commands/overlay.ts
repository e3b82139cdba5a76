import { defaultConfigPath, ownsMachine } from '../config/config.ts';
import { findLbu } from '../host/lbu.ts';
import { type OverlayKeeper, overlayKeeper } from '../loop/overlay-keeper.ts';
import type { Log } from '../program/log.ts';
import { toolFolder } from '../snapshots/fetch-tool.ts';
import type { AgentIo } from './io.ts';
import type { Setting } from './setting.ts';

/**
 * On a diskless Alpine, lbu saves what apk lists: all of /etc, but of /etc/init.d only links, and nothing outside /etc.
 * These are the folders of the packages and of the manual installation.
 */
const toInclude = ['/etc/init.d/etcd', '/etc/init.d/picket-agent', '/usr/lib/picket', '/usr/bin/picket-agent'];

/** Saves /etc on a diskless Alpine; null on any other machine, and if this agent is one of several. */
export async function overlayOf(
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
    saved: [paths.etcDir, paths.profile, ...settings, ...runlevels, ...toInclude],
    toInclude,
    toExclude: [toolFolder(paths.stateDir)],
  });
}
