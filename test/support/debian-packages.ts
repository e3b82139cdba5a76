import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where programs are looked for and kept, and where slow work is reported. */
export interface Surroundings {
  /** The environment: PATH, HOME, XDG_CACHE_HOME. */
  env: NodeJS.ProcessEnv;
  /** Told in one line what is about to take a while. */
  say: (line: string) => void;
}

/** Executables that Debian's packages hold in /usr/bin. */
export interface DebianPrograms {
  /** The folder's name in the cache. */
  name: string;
  packages: string[];
  executables: string[];
  /** Whether all that they depend on comes with them, for a root of their own. */
  dependencies?: boolean;
  /** Taken from this suite of the machine's own archive, such as `sid`, instead of from the suites it is set up with. */
  suite?: string;
  /** As Debian names it, where it is not this machine's. */
  architecture?: string;
}

/** The absolute path of a program on PATH, or undefined. */
export async function findOnPath(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await areExecutable(folder, [program]))) return resolve(folder, program);
  }
  return undefined;
}

/** Whether a folder holds all of the programs. */
export async function areExecutable(folder: string, programs: string[]): Promise<boolean> {
  const checks = programs.map((program) => access(join(folder, program), constants.X_OK));
  return (await Promise.allSettled(checks)).every((check) => check.status === 'fulfilled');
}

/**
 * The folder with the executables out of Debian packages, from the cache or unpacked into it now; undefined where the
 * machine has no apt. Nothing is installed: that would need root, and start the services that the packages bring.
 */
export async function unpackDebianPrograms(
  programs: DebianPrograms,
  { env, say }: Surroundings,
): Promise<string | undefined> {
  const cache = cacheFolder(programs.name, env);
  const cached = await newestComplete(cache, programs.executables);
  if (cached !== undefined) return cached;
  if (!(await hasDebianPackages(env))) return undefined;

  say(`Unpacking Debian's ${programs.packages.join(' and ')} into ${cache} (nothing is installed) …`);
  try {
    await mkdir(cache, { recursive: true });
    // Beside its destination, so that the rename which publishes it is atomic.
    const work = await mkdtemp(join(cache, '.unpacking-'));
    try {
      await downloadDebianPackages(programs.packages, work, env, {
        dependencies: programs.dependencies === true,
        ...(programs.suite === undefined ? {} : { suite: programs.suite }),
      });
      return await publish(programs, work, cache, env);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw new Error(`Debian's ${programs.packages.join(' and ')} could not be unpacked: ${reason(error)}`, {
      cause: error,
    });
  }
}

/** The folder in the user's cache for what has this name; it need not be there yet. */
export function cacheFolder(name: string, env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'picket', name);
}

/** Whether this machine can fetch and unpack Debian packages. */
export async function hasDebianPackages(env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await findOnPath('apt-get', env)) !== undefined && (await findOnPath('dpkg-deb', env)) !== undefined;
}

/** The path of an executable of a Debian package: on PATH, or unpacked into the cache. */
export async function ensureDebianTool(
  packageName: string,
  executable: string,
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<string> {
  const installed = await findOnPath(executable, surroundings.env);
  if (installed !== undefined) return installed;
  const programs = { name: executable, packages: [packageName], executables: [executable] };
  const folder = await unpackDebianPrograms(programs, surroundings);
  if (folder === undefined) throw new Error(`${executable} is not on PATH: install it and try again.`);
  return join(folder, executable);
}

async function newestComplete(cache: string, executables: string[]): Promise<string | undefined> {
  const entries = await readdir(cache).catch(() => []);
  const versions = entries.filter((entry) => entry.endsWith(`-${process.arch}`) && !entry.startsWith('.'));
  versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const version of versions) {
    const folder = join(cache, version, 'usr/bin');
    if (await areExecutable(folder, executables)) return folder;
  }
  return undefined;
}

/**
 * Puts the packages, as .deb files, into the folder `work`: as apt would install them on a machine that has nothing yet,
 * with what they need and without what they only recommend. Patterns of apt, such as `?essential`, count as names.
 */
export async function downloadDebianSystem(
  packages: readonly string[],
  work: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const nothing = join(work, 'status');
  await writeFile(nothing, '');
  await mkdir(join(work, 'partial'), { recursive: true });
  const options = [`--option=Dir::State::status=${nothing}`, `--option=Dir::Cache::archives=${work}/`];
  const install = ['install', '--yes', '--download-only', '--no-install-recommends'];
  await withApt(work, env, {}, (apt) => apt('apt-get', ...options, ...install, ...packages));
}

/** Puts the packages, as .deb files, into the folder `work`; on request with everything that they depend on. */
export async function downloadDebianPackages(
  packages: readonly string[],
  work: string,
  env: NodeJS.ProcessEnv,
  { dependencies = false, ...from }: Pick<DebianPrograms, 'dependencies'> & Origin = {},
): Promise<void> {
  await withApt(work, env, from, async (apt) => {
    if (!dependencies) return apt('apt-get', 'download', ...packages);
    const { stdout } = await apt('apt-cache', 'depends', '--recurse', '--important', ...packages);
    // Each package at the start of a line, what it depends on indented below it; <NAME> is virtual.
    const names = new Set(stdout.split('\n').filter((line) => /^[a-z0-9][a-z0-9+.-]*$/.test(line)));
    return apt('apt-get', 'download', ...names);
  });
}

type Origin = Pick<DebianPrograms, 'suite' | 'architecture'>;
type Apt = (program: string, ...args: readonly string[]) => Promise<{ readonly stdout: string }>;

/** Lets `download` use apt with a configuration of its own, and again with fresh lists where those of the machine fail. */
async function withApt(
  work: string,
  env: NodeJS.ProcessEnv,
  { suite, architecture }: Origin,
  download: (apt: Apt) => Promise<unknown>,
): Promise<void> {
  const configuration = join(work, 'apt.conf');
  const apt = (program: string, ...args: readonly string[]) =>
    run(program, ['--quiet', ...args], { cwd: work, env: { ...env, APT_CONFIG: configuration, LC_ALL: 'C' } });
  const lists = join(work, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });

  const sources = suite === undefined ? '' : await sourcesOf(suite, work, env);
  const foreign =
    architecture === undefined
      ? ''
      : `APT::Architecture "${architecture}";\nAPT::Architectures { "${architecture}"; };\n`;
  await writeFile(configuration, (await privateAptConfiguration(work, env)) + foreign);
  try {
    // The machine's lists know nothing of another suite or architecture.
    if (suite !== undefined || architecture !== undefined) throw new Error('no lists of these');
    await download(apt);
  } catch {
    // The machine's package lists are missing or name versions that are gone: fetch lists of our own.
    await writeFile(
      configuration,
      `${await privateAptConfiguration(work, env)}${foreign}Dir::State::lists "${lists}";\n${sources}`,
    );
    // Succeeds without a network too, and only warns.
    const { stderr } = await apt('apt-get', 'update');
    await download(apt).catch((error: unknown) => {
      throw new Error([stderr.trim(), reason(error)].join('\n'), { cause: error });
    });
  }
}

/** Debian's own archive, as this machine's apt reaches it. */
export interface DebianArchive {
  readonly site: string;
  /** The file with its keys; null where apt's usual keys count. */
  readonly keys: string | null;
}

/** Throws if this machine's apt has no archive of Debian's. */
export async function debianArchive(env: NodeJS.ProcessEnv): Promise<DebianArchive> {
  const format = '$(SITE)|$(COMPONENT)|$(SIGNED_BY)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Identifier: Packages'], {
    env: { ...env, LC_ALL: 'C' },
  });
  const known = stdout.split('\n').map((line) => line.split('|'));
  const [site, , keys = ''] =
    known.find(([at, component]) => /^https?:.*\/debian\/?$/.test(at ?? '') && component === 'main') ?? [];
  if (site === undefined) throw new Error('this machine’s apt has no archive of Debian’s');
  return { site, keys: keys === '' ? null : keys };
}

/** apt's settings for a suite of the archive that the machine already trusts and reaches. */
async function sourcesOf(suite: string, work: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { site, keys } = await debianArchive(env);
  const list = join(work, 'sources.list');
  await writeFile(list, `deb ${keys === null ? '' : `[signed-by=${keys}] `}${site} ${suite} main\n`);
  return `Dir::Etc::sourcelist "${list}";\nDir::Etc::sourceparts "/dev/null";\n`;
}

/**
 * The machine's apt configuration with its sources, keys and proxies, but with a cache of its own, no lock, no need of
 * root, and none of the machine's hooks, which would clean up folders that are not ours.
 */
async function privateAptConfiguration(work: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run('apt-config', ['dump'], { env: { ...env, LC_ALL: 'C' } });
  const kept = stdout.split('\n').filter((line) => !/invoke/i.test(line));
  return `${kept.join('\n')}
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Cache "${join(work, 'cache')}";
Debug::NoLocking "true";
APT::Sandbox::User "root";
`;
}

async function publish(programs: DebianPrograms, work: string, cache: string, env: NodeJS.ProcessEnv): Promise<string> {
  const root = join(work, 'root');
  const archives = (await readdir(work)).filter((file) => file.endsWith('.deb')).sort();
  for (const archive of archives) await run('dpkg-deb', ['-x', join(work, archive), root], { env });
  if (!(await areExecutable(join(root, 'usr/bin'), programs.executables))) {
    throw new Error(`they do not hold ${programs.executables.join(', ')}`);
  }
  const { stdout } = await run('dpkg-deb', ['-f', join(work, archives[0] ?? ''), 'Version'], { env });
  const version = stdout.trim().replaceAll(/[^\w.+~-]/g, '_');
  const destination = join(cache, `${version}-${process.arch}`);
  try {
    await rename(root, destination);
  } catch (error) {
    // Another process was quicker; what it published is the same.
    if (!(await areExecutable(join(destination, 'usr/bin'), programs.executables))) throw error;
  }
  return join(destination, 'usr/bin');
}

function reason(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '') {
    return error.stderr.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
