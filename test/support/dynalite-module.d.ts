declare module 'dynalite' {
  function create(options: object): import('node:http').Server;
  export = create;
}
