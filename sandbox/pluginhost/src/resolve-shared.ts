/**
 * Loaded before the runner where a plugin lies outside this repository and no sandbox rebuilds its layout around it: the contracts and the kit are then
 * this repository's, and so is any package that the plugin names without bringing it.
 */
import { registerHooks } from 'node:module';

const repository = import.meta.url;

registerHooks({
  resolve(specifier, context, next) {
    const isBare = !/^(\.{0,2}\/|[a-z]+:)/.test(specifier);
    if (!isBare) return next(specifier, context);
    if (specifier.startsWith('@slowlane/')) return next(specifier, { ...context, parentURL: repository });
    try {
      return next(specifier, context);
    } catch {
      return next(specifier, { ...context, parentURL: repository });
    }
  },
});
