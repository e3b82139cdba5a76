import { get } from 'node:https';
import type { Fleet } from './fleet.ts';

/** What Prometheus gets from the coordinator on its own machine. */
export function scrape({ url }: Pick<Fleet, 'url'>): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${url}/metrics`, { rejectUnauthorized: false, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    }).on('error', reject);
  });
}
