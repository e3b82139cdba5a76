import { BlockList, type SocketAddress } from 'node:net';
import { countedAddress } from './client-address.ts';

/** Addresses whose connections Node.js closes before it makes a socket of them, which is what costs most (R18). */
export class RefusedAddresses extends BlockList {
  /** For how many looks. */
  readonly #addresses = new Map<string, number>();

  /** Until the end of so many looks. */
  refuse(address: string, looks: number): void {
    this.#addresses.set(address, Math.max(looks, this.#addresses.get(address) ?? 0));
  }

  /** The end of a look. */
  look(): void {
    for (const [address, looks] of this.#addresses) {
      if (looks > 1) this.#addresses.set(address, looks - 1);
      else this.#addresses.delete(address);
    }
  }

  override check(address: string | SocketAddress): boolean {
    return this.#addresses.has(countedAddress(typeof address === 'string' ? address : address.address));
  }
}
