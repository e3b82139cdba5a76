import * as Type from 'typebox';
import {
  LoginAnswer,
  LoginCreate,
  LoginCreated,
  LoginRequest,
  OperatorChange,
  OperatorCreate,
  OperatorView,
} from '../protocol/operators.ts';
import { PageQuery, pageSchema } from '../protocol/page.ts';
import { OperatorName, strict } from '../protocol/primitives.ts';
import type { Contracts } from './contract.ts';
import { csrErrors } from './errors.ts';
import { strangersBodyBytes } from './joining.ts';
import { nothing, orNone } from './schemas.ts';

const ByName = Type.Object({ name: OperatorName }, strict);

/** Operators, their roles, and the login strings with which they get certificates for keys of their own (R7). */
export const operatorContracts = {
  operators: {
    route: 'GET /v1/operators',
    access: 'viewer',
    query: PageQuery,
    answers: { 200: pageSchema(OperatorView) },
  },
  createOperator: {
    route: 'POST /v1/operators',
    access: 'admin',
    body: OperatorCreate,
    answers: { 201: LoginCreated },
    errors: ['operator_exists'],
  },
  inviteOperator: {
    route: 'POST /v1/operators/:name/login',
    access: 'admin',
    params: ByName,
    body: orNone(LoginCreate),
    answers: { 201: LoginCreated },
  },
  changeOperator: {
    route: 'PATCH /v1/operators/:name',
    access: 'admin',
    params: ByName,
    body: OperatorChange,
    answers: { 200: OperatorView },
    errors: ['last_admin'],
  },
  revokeOperator: {
    route: 'DELETE /v1/operators/:name',
    access: 'admin',
    params: ByName,
    answers: nothing,
    errors: ['last_admin'],
  },
  logIn: {
    route: 'POST /v1/login',
    access: 'anyone',
    body: LoginRequest,
    bodyLimit: strangersBodyBytes,
    answers: { 200: LoginAnswer },
    errors: [...csrErrors, 'login_expired', 'login_unknown', 'login_used'],
  },
} as const satisfies Contracts;
