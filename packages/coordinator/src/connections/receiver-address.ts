import { lookup } from 'node:dns';
import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { isLinkLocal } from '@picket/shared/names.ts';

/** The code of the error for a receiver that has link-local addresses only. */
export const onlyLinkLocal = 'ONLY_LINK_LOCAL';

/**
 * Looks a receiver's name up when it is connected to, and leaves link-local addresses out: a cloud serves the credentials of a machine
 * at one of them. Of a receiver in the LAN, the other addresses remain.
 */
export const lookUpReceiver: LookupFunction = (name, options, answer) => {
  lookup(name, { ...options, all: true }, (error, found) => {
    if (error !== null) return answer(error, []);
    const allowed = found.filter(({ address }) => !isLinkLocal(address));
    const [first] = allowed;
    if (first === undefined) return answer(refusal(), []);
    return options.all === true ? answer(null, allowed) : answer(null, first.address, first.family);
  });
};

/**
 * A connection to the first address of this receiver that accepts one. Rejects as Node.js does, and with {@link onlyLinkLocal}.
 *
 * @param host an IPv6 address without brackets
 */
export async function connectToReceiver(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  // An address needs no lookup.
  if (isLinkLocal(host)) throw refusal();
  const socket = connect({ host, port, lookup: lookUpReceiver, signal });
  await once(socket, 'connect');
  return socket;
}

function refusal(): NodeJS.ErrnoException {
  return Object.assign(new Error('the receiver has link-local addresses only'), { code: onlyLinkLocal });
}
