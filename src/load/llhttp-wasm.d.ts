declare module 'undici/lib/llhttp/llhttp_simd-wasm.js' {
  const binary: Buffer
  export default binary
}
