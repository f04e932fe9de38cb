import { createTheme } from '@mantine/core'

export const theme = createTheme({ primaryColor: 'cyan', primaryShade: 8, defaultRadius: 'sm', fontFamily: 'system-ui, "Noto Sans CJK SC", sans-serif' })
