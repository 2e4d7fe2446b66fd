/** By its path only what it needs is loaded and bundled; the package declares types for the whole alone. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';

  export default Pool;
}
