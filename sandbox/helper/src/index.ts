/**
 * The sandbox helper: the one process that may be root. It offers a `SandboxDriver` on a Unix socket that only its owner may open, and reads
 * nothing but the calls of `schema.ts`. Which driver is `core/app`'s choice; the helper's process is composed there, in this order:
 *
 * ```ts
 * closeInheritedDescriptors();                       // core/process, before anything is opened
 * const driver = await createBubblewrapDriver({ … }); // sandbox/bubblewrap; removes what a crash left
 * if (!(await driver.probe()).ok) …                   // refuse it, name the findings
 * const server = await serveHelper({ driver, socketPath, owner, logger });
 * process.once('SIGTERM', () => server.close());      // ends attached sandboxes; supervised programs go on
 * ```
 *
 * Everybody else: `connectHelper(socketPath)`, which is a `SandboxDriver` too.
 */
export { connectHelper } from './connect-helper.ts';
export { serveHelper } from './serve-helper.ts';
export type { HelperServer, ServeOptions } from './serve-helper.ts';
