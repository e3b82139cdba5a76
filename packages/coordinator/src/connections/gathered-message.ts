import { IncomingMessage } from 'node:http';

const pieceBytes = 16 * 1024;

/**
 * A request whose body is kept in few pieces, however small those are in which it arrives (R18): each piece costs Node.js some 200
 * octets, and it bounds only what is in them. Who reads the body gets a piece once it is large, or complete.
 */
export class GatheredMessage extends IncomingMessage {
  #gathered: Buffer | null = null;
  #length = 0;

  override push(chunk: Buffer | null): boolean {
    if (chunk === null) {
      this.#flush();
      return super.push(null);
    }
    const takesMore = this.#length + chunk.length <= pieceBytes || this.#flush();
    if (chunk.length >= pieceBytes) return super.push(chunk);
    this.#gather(chunk);
    return takesMore;
  }

  /** The first one is kept as it is: most bodies are in one. */
  #gather(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#gathered === null) this.#gathered = chunk;
    else {
      if (length > this.#gathered.length) this.#grow(length);
      chunk.copy(this.#gathered, this.#length);
    }
    this.#length = length;
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.min(pieceBytes, length * 2));
    this.#gathered?.copy(larger, 0, 0, this.#length);
    this.#gathered = larger;
  }

  #flush(): boolean {
    const takesMore = this.#gathered === null || super.push(this.#gathered.subarray(0, this.#length));
    this.#gathered = null;
    this.#length = 0;
    return takesMore;
  }
}
