import { createTheme } from '@mantine/core'

export const theme = createTheme({ primaryColor: 'cyan', primaryShade: 9, defaultRadius: 'sm', fontFamily: 'system-ui, "Noto Sans CJK SC", sans-serif' })
