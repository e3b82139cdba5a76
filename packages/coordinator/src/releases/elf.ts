import type { Architecture } from '@picket/shared/protocol/releases.ts';

/** {@link readElf} needs this many bytes. */
export const elfHeaderBytes = 64;

export type Elf =
  | { readonly architecture: Architecture }
  /** It is not a program, or etcd's maintainers do not support its machine. */
  | { readonly problem: string };

/** The positions and meanings of the fields: elf(5). */
const at = { class: 4, order: 5, type: 16, machine: 18 } as const;
const sixtyFourBits = 2;
const littleEndian = 1;
const programTypes: readonly number[] = [2, 3];
const machines: ReadonlyMap<number, Architecture> = new Map([
  [62, 'amd64'],
  [183, 'arm64'],
]);
const otherMachines: ReadonlyMap<number, string> = new Map([
  [3, '386'],
  [21, 'ppc64le'],
  [22, 's390x'],
  [40, 'arm'],
  [243, 'riscv64'],
]);

export function isElf(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 4)).equals(Buffer.from('\x7fELF', 'latin1'));
}

/** Which machine a program is for, by its first bytes. */
export function readElf(start: Uint8Array): Elf {
  const bytes = Buffer.from(start);
  if (!isElf(bytes)) return { problem: 'it is not a program (no ELF file)' };
  if (bytes.length < elfHeaderBytes) return { problem: 'it is truncated' };
  const isLittle = bytes[at.order] === littleEndian;
  const read16 = (offset: number) => (isLittle ? bytes.readUInt16LE(offset) : bytes.readUInt16BE(offset));
  const machine = read16(at.machine);
  const architecture = machines.get(machine);
  if (architecture === undefined || bytes[at.class] !== sixtyFourBits || !isLittle) {
    const name = otherMachines.get(machine) ?? `the machine number ${machine}`;
    return { problem: `it is for ${name}, and nodes are amd64 or arm64` };
  }
  if (!programTypes.includes(read16(at.type))) return { problem: 'it is an ELF file, but not a program' };
  return { architecture };
}
