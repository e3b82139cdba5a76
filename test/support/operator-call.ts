import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { readContext } from '@picket/shared/context/context.ts';
import type { Fleet } from './fleet.ts';

/** A call of the REST API as the admin of this fleet, for what `picket` has no command for. */
export async function operatorCall(
  fleet: Fleet,
  method: string,
  path: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly status: number; readonly json: unknown }> {
  const context = readContext(await readFile(fleet.contextFile, 'utf8'), fleet.contextFile);
  return new Promise((resolve, reject) => {
    const call = request(
      `${context.server}${path}`,
      {
        method,
        ca: context.certificateAuthority,
        cert: context.credential,
        key: context.credential,
        agent: false,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text || 'null') }));
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
