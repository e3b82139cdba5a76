import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import type { ByClusterQuery, Page, PageQuery } from '@picket/shared/protocol/page.ts';
import type { PageRequest } from '../inventory/inventory.ts';
import { maxPageSize } from '../inventory/paging.ts';
import type { ApiDeps } from './deps.ts';
import { requireClusters } from './known-names.ts';

const defaultLimit = 100;

/** Throws `invalid_request` for a limit that is out of range. */
export function pageOf(query: PageQuery): PageRequest {
  const limit = query.limit === undefined ? defaultLimit : Number(query.limit);
  if (limit < 1 || limit > maxPageSize) {
    throw failure('invalid_request', { problem: `querystring/limit must be from 1 to ${maxPageSize}` });
  }
  return { limit, after: query.after ?? null };
}

/** Answers with a list of the store, page by page, of one cluster or of all. It throws `not_found` for an unknown cluster. */
export function pages<Record, View>(
  deps: Pick<ApiDeps, 'executor'>,
  list: (page: PageRequest, cluster: string | null) => Promise<Page<Record>>,
  view: (record: Record) => View,
) {
  return async ({ query }: { readonly query: ByClusterQuery }) => {
    const { cluster } = query;
    requireClusters(deps, cluster === undefined ? [] : [cluster]);
    return mapPage(await list(pageOf(query), cluster ?? null), view);
  };
}

export function mapPage<From, To>(page: Page<From>, view: (item: From) => To): { items: To[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}

/**
 * The words of a parameter of the query, separated by commas. A mistyped one would find nothing, and look as if nothing had
 * happened: throws `invalid_request` for a word that is not known.
 *
 * @param otherwise what to do if no known word is like it
 */
export function knownWords<Word extends string>(
  parameter: string,
  words: string,
  known: readonly Word[],
  otherwise: string,
): Word[] {
  return words.split(',').map((word) => {
    const found = known.find((one) => one === word);
    if (found !== undefined) return found;
    const near = didYouMean(word, known);
    const advice = near === undefined ? otherwise : `did you mean ${near}?`;
    const problem = `querystring/${parameter} has the unknown ${parameter} ${word}; ${advice}`;
    throw failure('invalid_request', { problem });
  });
}
