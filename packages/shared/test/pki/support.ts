import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type ErrorCode, PicketError } from '../../src/errors.ts';
import type { Authority } from '../../src/pki/authority.ts';
import { certificateFromDer } from '../../src/pki/certificate.ts';
import { type CertificateUsage, issueAuthority, signCertificate } from '../../src/pki/issue.ts';
import { generateKey, type KeyType, publicKeyOf } from '../../src/pki/keys.ts';
import type { San } from '../../src/pki/san.ts';
import { randomSerial } from '../../src/pki/serial.ts';

const day = 24 * 60 * 60 * 1000;
// Around the real time, since OpenSSL and TLS judge these certificates by it.
const backdated = new Date(Date.now() - 5 * 60 * 1000);

export const keyTypes: readonly KeyType[] = ['p256', 'rsa2048'];

// Made before any test is declared: tap takes an await between two tests for the end of the file.
async function threeKeys(type: KeyType) {
  const [authority, leaf, other] = await Promise.all([generateKey(type), generateKey(type), generateKey(type)]);
  return { authority, leaf, other };
}
export const keys = { p256: await threeKeys('p256'), rsa2048: await threeKeys('rsa2048') };

export function authorityFor(key: KeyObject, commonName = 'a test authority', pathLength = 0): Authority {
  const notAfter = new Date(backdated.getTime() + 3650 * day);
  return issueAuthority({ commonName, key, pathLength, notBefore: backdated, notAfter, serial: randomSerial() });
}

export interface LeafOptions {
  readonly usage?: CertificateUsage;
  readonly sans?: readonly San[];
  readonly commonName?: string | undefined;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly serial?: string;
}

export function leafFor(issuer: Authority, key: KeyObject, options: LeafOptions = {}) {
  const { usage = 'server', sans = [{ type: 'dns', value: 'localhost' }] } = options;
  const commonName = 'commonName' in options ? options.commonName : 'a test leaf';
  return certificateFromDer(
    signCertificate({
      issuer,
      subject: commonName === undefined ? {} : { commonName },
      publicKey: publicKeyOf(key),
      sans,
      usage,
      notBefore: options.notBefore ?? backdated,
      notAfter: options.notAfter ?? new Date(backdated.getTime() + 365 * day),
      serial: options.serial ?? randomSerial(),
    }).der,
  );
}

/** The PicketError that `act` throws; anything else it throws, or nothing, fails the test by its own words. */
export function refusal(act: () => unknown): PicketError {
  try {
    act();
  } catch (error) {
    if (error instanceof PicketError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

export function refusalCode(act: () => unknown): ErrorCode {
  return refusal(act).code;
}

/** Runs `act`, which may succeed or be refused; anything but a PicketError goes through. */
export function refusedOrRead(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof PicketError)) throw error;
  }
}

/** A folder of files for the openssl command. */
export class OpenSsl {
  readonly #folder = mkdtempSync(join(tmpdir(), 'picket-pki-'));

  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    writeFileSync(path, content);
    return path;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  run(...args: string[]): string {
    return execFileSync('openssl', args, { cwd: this.#folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);

export const commonNames = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
  .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text) && [...text].length <= 64);

export const sans: fc.Arbitrary<San> = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 6 }).map((labels): San => ({ type: 'dns', value: labels.join('.') })),
  fc.ipV4().map((value): San => ({ type: 'ip', value })),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    .filter((groups) => groups.slice(0, 5).some((group) => group !== 0))
    .map((groups): San => ({ type: 'ip', value: groups.map((group) => group.toString(16)).join(':') })),
  fc.stringMatching(/^urn:picket:(node|operator):[A-Za-z0-9._~-]{1,40}$/).map((value): San => ({ type: 'uri', value })),
);
