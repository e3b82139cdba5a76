import { dangerOf } from '@picket/shared/advisories/advisories-for.ts';
import { fixedWithin } from '@picket/shared/advisories/affects.ts';
import { dangerInWords } from '@picket/shared/advisories/in-words.ts';
import { failure } from '@picket/shared/errors.ts';
import { packagedMinor } from '@picket/shared/etcd-packages/package-command.ts';
import { firstUnknownEtcd, oldestEtcd, outsideLimits } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { HostFiles } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { unquoted } from '../model/foreign-conf.ts';
import { type Check, ok, warning } from './check.ts';

/** The etcd binary to run, by absolute path. Throws `etcd_not_installed` with the command that installs it here. */
export async function etcdInstalled(
  inspection: Pick<Inspection, 'findProgram' | 'isExecutable' | 'runObstacle'>,
  files: Pick<HostFiles, 'read'>,
  configured: string | null,
): Promise<string> {
  if (configured === null) {
    const found = await inspection.findProgram('etcd');
    if (found !== null) return found;
    throw failure('etcd_not_installed', { problem: 'there is no etcd on PATH', command: await installCommand(files) });
  }
  if (await inspection.isExecutable(configured)) return configured;
  const obstacle = await inspection.runObstacle(configured);
  throw failure('etcd_not_installed', {
    problem: `${configured}, which agent.yml names, ${obstacle === null ? 'does not exist or may not be run' : `cannot be run: ${obstacle}`}`,
    command: await installCommand(files),
  });
}

/**
 * Masked during the installation: Debian would start its own etcd, now and at the next boot, and no node can join
 * beside it.
 */
const debian =
  'systemctl mask etcd.service && apt-get install etcd-server etcd-client && systemctl unmask etcd.service && systemctl disable etcd.service';

const commands: Readonly<Record<string, string>> = {
  alpine: 'apk add etcd etcd-openrc etcd-ctl',
  debian,
  ubuntu: debian,
  raspbian: debian,
  fedora: 'dnf install etcd',
};

const download = 'a release from https://github.com/etcd-io/etcd';

/** How to install an etcd that a member can run on this system, by os-release(5). */
export async function installCommand(files: Pick<HostFiles, 'read'>, osRelease = '/etc/os-release'): Promise<string> {
  const text = (await files.read(osRelease)) ?? '';
  const ids = systemIds(text);
  const packaged = packagedMinor(ids[0] ?? '', fieldOf(text, 'VERSION_ID'));
  if (packaged !== null && outsideLimits(`${packaged}.0`) === 'too old')
    return `${download}, because the packages of this system have etcd ${packaged}`;
  const known = ids.map((id) => commands[id]).find((command) => command !== undefined);
  return known ?? `the package of your system that holds etcd, or ${download}`;
}

/** The system's ID and the IDs that it is like, from os-release(5). @param text of os-release */
export function systemIds(text: string): readonly string[] {
  return [fieldOf(text, 'ID'), ...fieldOf(text, 'ID_LIKE').split(' ')];
}

/** A field of os-release(5) without its quotes; empty if it is missing. */
export function fieldOf(text: string, key: string): string {
  const value = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return unquoted(value.trim());
}

/** Throws `etcd_too_old` or `etcd_too_new`. @param command installs a newer etcd here */
export function checkEtcdVersion(version: string, binary: string, command: string): void {
  const outside = outsideLimits(version);
  const found = reason('etcd_found', { version, binary });
  if (outside === 'too old') throw failure('etcd_too_old', { found, minimum: oldestEtcd, command });
  if (outside === 'too new') throw failure('etcd_too_new', { found, limit: firstUnknownEtcd });
}

/** The result of the check: a warning for a version that can lose data or keep a member from starting, whatever Picket does. */
export function judgeEtcdVersion(version: string, binary: string): Check {
  const found = `${version}, ${binary}`;
  const danger = dangerOf(version);
  if (danger === null) return ok('etcd', found);
  const words = `${found}; ${dangerInWords(danger)}`;
  if (danger.isAvoided) return ok('etcd', words);
  const better = fixedWithin(danger.advisories, version) ?? 'of a later minor version';
  return warning(
    'etcd',
    words,
    `Install etcd ${better} or later if your system has it. \`picket-agent explain ${danger.advisories[0]?.id}\` says when this can happen.`,
  );
}
