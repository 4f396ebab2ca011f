package web

// APIOperations lists what the API answers: methods and paths below its root.
func (s *Server) APIOperations() map[string]bool {
	all := map[string]bool{}
	for path, methods := range s.apiTable() {
		for method := range methods {
			all[method+" "+path] = true
		}
	}
	return all
}
