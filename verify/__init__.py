"""`zaitang-verify`: reads evidence from files, calls `evidence`, prints."""
