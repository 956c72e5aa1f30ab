"""问据 Wenju: ask a folder of Chinese reports, get passages with citations that can be proven."""
