import '@mantine/core/styles.css'
import './style.css'
import { MantineProvider } from '@mantine/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { ApiError } from './api/client'
import { noticeEnd } from './api/queries'
import { App } from './App'
import './i18n'
import { Boundary } from './panels/Boundary'
import { theme } from './theme'

const onError = (error: Error) => noticeEnd(queries, error)
const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // The server may be this very machine: whether to ask it is not for the browser's idea of being online to say.
    mutations: { networkMode: 'always' },
    queries: { networkMode: 'always', staleTime: 2000, retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500) },
  },
})
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} forceColorScheme="dark">
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            <Boundary at="">
              <App />
            </Boundary>
          </BrowserRouter>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
