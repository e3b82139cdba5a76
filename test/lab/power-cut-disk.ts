import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Finished } from '../support/children.ts';
import { until } from '../support/until.ts';

/** Runs a command as root to its end, in the mount namespace that is to have the disk. */
export type RunAsRoot = (file: string, args: readonly string[]) => Promise<Finished>;

export interface DiskPlace {
  /** Where the image and its copies lie; `run` and this process see it under the same path. */
  readonly folder: string;
  /** Names the image, so it is unique in the folder. */
  readonly name: string;
  readonly sizeMiB: number;
  readonly run: RunAsRoot;
}

/** What a disk held at one moment; spent by `replaceBy`. */
export interface Snapshot {
  readonly file: string;
}

/** An ext4 disk whose power can be cut. Each method throws with what the failing command said. */
export interface PowerCutDisk {
  mount(at: string): Promise<void>;
  /**
   * What the platter holds now: whatever the kernel still keeps in memory is not in it. The caller has stopped the
   * writers (SIGSTOP), else it may never find a moment at which nothing is being written.
   */
  snapshot(): Promise<Snapshot>;
  /** The machine is back: the disk with that content, its journal replayed, where the old one was mounted. */
  replaceBy(snapshot: Snapshot): Promise<void>;
  /** A new, empty file system, mounted where the old one was. */
  wipe(): Promise<void>;
  /** `ro` is refused by the kernel (busy) while a file is open for writing: then use `failReadOnly`. */
  remount(mode: 'ro' | 'rw'): Promise<void>;
  /** An error within ext4, upon which it turns read-only under the writer; ended by `replaceBy` or `wipe`. */
  failReadOnly(): Promise<void>;
  /** Also where the folder is no longer mounted, or is held by others. */
  unmount(): Promise<void>;
  /** Unmounts and waits until no loop device is left (its users must have ended); removes its files. */
  close(): Promise<void>;
}

// noauto_da_alloc: ext4 by default syncs a file that is renamed over another, which hides that its writer did not.
// commit=300: ext4 by default commits its journal every five seconds, which hides a missing fsync of a folder most of
// the time; so only an fsync, a full journal or the kernel's own clearing up (after 30 s) brings anything to the platter.
// barrier=0: the snapshot takes every write that was completed, flushed from a disk's cache or not, so that a flush
// would only cost the time in which the machine's real disk flushes.
const options = 'loop,noatime,noauto_da_alloc,commit=300,barrier=0,errors=remount-ro';

/** Makes the image with its file system; mounts nothing yet. For root on Linux, with e2fsprogs. */
export async function openDisk({ folder, name, sizeMiB, run }: DiskPlace): Promise<PowerCutDisk> {
  const image = join(folder, `${name}.img`);
  const devices = new Set<string>();
  let copies = 0;
  let mounted: { readonly at: string; readonly device: string } | undefined;

  async function must(file: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(file, args);
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    return stdout.trim();
  }

  async function format(): Promise<void> {
    await rm(image, { force: true });
    await writeFile(image, '', { mode: 0o600 });
    await truncate(image, sizeMiB * 1024 * 1024);
    // Not lazily: the kernel would go on writing tables for as long as the disk is mounted.
    const whole = ['-E', 'lazy_itable_init=0,lazy_journal_init=0', '-O', 'has_journal', '-b', '4096', '-m', '0'];
    await must('mkfs.ext4', '-q', '-F', ...whole, image);
  }

  async function mount(at: string): Promise<void> {
    await must('mount', '-t', 'ext4', '-o', options, image, at);
    const source = await must('findmnt', '--noheadings', '--first-only', '--output', 'SOURCE', '--mountpoint', at);
    mounted = { at, device: basename(source) };
    devices.add(mounted.device);
  }

  async function unmount(): Promise<void> {
    if (mounted === undefined) return;
    const { at } = mounted;
    mounted = undefined;
    if ((await run('umount', [at])).code === 0) return;
    await run('umount', ['--lazy', at]);
  }

  function theMounted() {
    if (mounted === undefined) throw new Error(`${image} is not mounted.`);
    return mounted;
  }

  /** Puts another image in the place of this one and mounts it where this one was, if it was. */
  async function exchange(put: () => Promise<void>): Promise<void> {
    const at = mounted?.at;
    await unmount();
    await put();
    if (at !== undefined) await mount(at);
  }

  await format();
  return {
    mount,
    async snapshot() {
      copies += 1;
      const file = join(folder, `${name}.cut-${copies}.img`);
      const { device } = theMounted();
      const copy = async () => {
        const before = await writesOf(device);
        if (before.inFlight > 0) return false;
        await must('cp', '--sparse=always', image, file);
        const after = await writesOf(device);
        return after.inFlight === 0 && after.completed === before.completed;
      };
      await until(`a copy of ${image} during which nothing was written to it`, copy, { within: 20_000, every: 5 });
      return { file };
    },
    replaceBy: ({ file }) => exchange(() => rename(file, image)),
    wipe: () => exchange(format),
    remount: async (mode) => void (await must('mount', '-o', `remount,${mode}`, theMounted().at)),
    failReadOnly: async () =>
      writeFile(`/sys/fs/ext4/${theMounted().device}/trigger_fs_error`, 'the disk fails, says a test'),
    unmount,
    async close() {
      await unmount();
      await until(`${image} has no loop device`, () => areFree(devices, image), { within: 10_000 });
      for (let copy = 1; copy <= copies; copy += 1) await rm(join(folder, `${name}.cut-${copy}.img`), { force: true });
      await rm(image, { force: true });
    },
  };
}

/** What the block layer counts of a loop device: writes, discards and flushes that were completed; all that are under way. */
async function writesOf(device: string): Promise<{ completed: string; inFlight: number }> {
  const fields = (await readFile(`/sys/block/${device}/stat`, 'utf8')).trim().split(/\s+/);
  const [writes, inFlight, discards, flushes] = [fields[4], fields[8], fields[11], fields[15]];
  return { completed: `${writes} ${discards} ${flushes}`, inFlight: Number(inFlight) };
}

/** Whether none of the devices is backed by the image any longer, be it removed since or not. */
async function areFree(devices: Iterable<string>, image: string): Promise<boolean> {
  for (const device of devices) {
    // There is no such file where the device has no image.
    const backing = await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '');
    if (backing.trim().replace(/ \(deleted\)$/, '') === image) return false;
  }
  return true;
}
