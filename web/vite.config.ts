import { defineConfig, type Plugin } from 'vite';
import { notice } from './notice.ts';

// One file that a page can hold in a script element: no modules, no source map,
// no hash in its name, and the same bytes from the same sources every time.
export default defineConfig({
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    reportCompressedSize: false,
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'inferometer', fileName: () => 'app.js' },
    rolldownOptions: { output: { comments: false } },
  },
  plugins: [header()],
});

// header writes what stands on top of the file: that it is generated, and the
// notices that the licences of what it holds ask for.
function header(): Plugin {
  return {
    name: 'header',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') throw new Error(`one file is built, not also ${file.fileName}`);
        const code = file.code.trim();
        // In a script element these would end or hide it.
        if (/<\/script|<!--/i.test(code)) throw new Error('the code holds </script or <!--');
        file.code = notice() + code + '\n';
      }
    },
  };
}
