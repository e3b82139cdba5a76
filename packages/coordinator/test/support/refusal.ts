export { refusalOf } from '../../../../test/support/refusal.ts';
