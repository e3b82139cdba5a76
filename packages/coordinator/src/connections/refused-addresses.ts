import { BlockList, type SocketAddress } from 'node:net';
import { countedAddress } from './client-address.ts';

/** Addresses whose connections Node.js closes before it makes a socket of them, which is what costs most (R18). */
export class RefusedAddresses extends BlockList {
  readonly #addresses = new Set<string>();

  refuse(address: string): void {
    this.#addresses.add(address);
  }

  clear(): void {
    this.#addresses.clear();
  }

  override check(address: string | SocketAddress): boolean {
    return this.#addresses.has(countedAddress(typeof address === 'string' ? address : address.address));
  }
}
