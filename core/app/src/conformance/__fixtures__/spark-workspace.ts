import { createTestInstallation } from '../../e2e/test-installation.ts';

/** The local workspace as the product starts it, with real Spark in its sandbox. */
export async function startSparkWorkspace(): Promise<{ host: string; token: string; close(): Promise<void> }> {
  const installation = await createTestInstallation();
  try {
    await installation.up();
    const env = await installation.json<{ DATABRICKS_HOST: string; DATABRICKS_TOKEN: string }>('workspace', 'env');
    return { host: env.DATABRICKS_HOST, token: env.DATABRICKS_TOKEN, close: () => installation.close() };
  } catch (error) {
    await installation.close();
    throw error;
  }
}
