import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { said } from './said.ts';

/**
 * The largest report that conforms, except for a list of members: as much text as a body of 256 KiB has room for.
 *
 * @param text of one character
 */
export function largeStatus(text: string): NodeStatus {
  const { agent, service, ...rest } = readyStatus();
  const octets = Buffer.byteLength(JSON.stringify(text)) - 2;
  const sentence = said(text.repeat(Math.floor((250_000 / octets / 24) * 0.95)).slice(0, 3900));
  return {
    ...rest,
    agent: { ...agent, waits: Array.from({ length: 20 }, () => sentence) },
    service: {
      ...{ ...service, reason: sentence, rejected: sentence },
      lastLog: Array.from({ length: 20 }, () => text.repeat(Math.floor(1000 / octets))),
    },
  };
}
