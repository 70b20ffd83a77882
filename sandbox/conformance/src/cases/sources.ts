import type { Source } from '../case.ts';

/** The Python SDK: its texts and types are generated from the vendor's OpenAPI. */
export const sdk = (file: string): Source => ({ kind: 'sdk', at: `databricks-sdk-py 0.133.0, databricks/sdk/${file}` });
export const javaSdk = (file: string): Source => ({ kind: 'sdk', at: `databricks-sdk-java 0.149.0, ${file}` });
export const doc = (url: string): Source => ({ kind: 'doc', at: url });
export const issue = (at: string): Source => ({ kind: 'issue', at });
/** A bare fact that others recorded against the real service. */
export const recorded: Source = { kind: 'cli', at: 'recorded in the tests of databricks/cli, commit 7bbe2852' };
export const ours: Source = { kind: 'ours', at: 'a proposal of this product, no statement of the vendor' };
export const unverified: Source = { kind: 'unverified', at: 'unverified' };
export const jobsSdk = sdk('service/jobs.py');
export const computeSdk = sdk('service/compute.py');
export const filesSdk = sdk('service/files.py');
export const catalogSdk = sdk('service/catalog.py');
export const workspaceSdk = sdk('service/workspace.py');
export const errorsSdk = sdk('errors/overrides.py');
