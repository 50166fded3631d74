export * from './catalogue.ts';
export * from './contract.ts';
export { Kinds, MOST_KINDS, OTHER_KIND } from './kinds.ts';
