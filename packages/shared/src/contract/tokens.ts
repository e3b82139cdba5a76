import { TokenCreate, TokenCreated, TokenView } from '../protocol/tokens.ts';
import type { Contracts } from './contract.ts';
import { ById, nothing, pagesOf } from './schemas.ts';

/** Join tokens. */
export const tokenContracts = {
  createToken: {
    route: 'POST /v1/tokens',
    access: 'operator',
    body: TokenCreate,
    answers: { 201: TokenCreated },
    errors: ['client_named_as_member', 'cluster_deleted', 'member_not_declared', 'not_found'],
  },
  tokens: { route: 'GET /v1/tokens', access: 'viewer', ...pagesOf(TokenView) },
  revokeToken: { route: 'DELETE /v1/tokens/:id', access: 'operator', params: ById, answers: nothing },
} as const satisfies Contracts;
